import assert from "node:assert/strict";
import { test } from "node:test";

import mqttPacket from "mqtt-packet";

import { disconnect, retainedPublish } from "../mqtt_packets.js";

/**
 * @param {number[]} bytes
 * @param {4 | 5} protocolVersion
 * @returns {Record<string, unknown>[]}
 */
function parse(bytes, protocolVersion) {
  const parser = mqttPacket.parser({ protocolVersion });
  /** @type {any[]} */
  const packets = [];
  parser.on("packet", (packet) => packets.push(packet));
  parser.parse(Buffer.from(bytes));
  return packets;
}

for (const version of /** @type {const} */ ([4, 5])) {
  test(`last words are read by another implementation, version ${version}`, () => {
    for (const length of [0, 7, 200, 20_000]) {
      const payload = new Uint8Array(length).fill(97);
      const bytes = [...retainedPublish("a/é", payload, version), ...disconnect()];
      const [publish, end, ...rest] = parse(bytes, version);
      assert.equal(publish.cmd, "publish");
      assert.equal(publish.topic, "a/é");
      assert.equal(publish.retain, true);
      assert.equal(publish.qos, 0);
      assert.deepEqual(new Uint8Array(/** @type {Buffer} */ (publish.payload)), payload);
      assert.equal(end.cmd, "disconnect");
      assert.equal(rest.length, 0);
    }
  });
}
