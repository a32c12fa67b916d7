import assert from "node:assert/strict";
import { test } from "node:test";

import mqttPacket from "mqtt-packet";

import { TransportError } from "../../protocol/errors.js";
import { PacketParser } from "../../mqtt/parser.js";

/**
 * Return `packet` as another implementation writes it.
 * @param {Record<string, unknown>} packet
 * @param {4 | 5} version
 */
function written(packet, version) {
  const bytes = mqttPacket.generate(/** @type {any} */ (packet), { protocolVersion: version });
  return new Uint8Array(bytes);
}

/**
 * @param {Record<string, unknown>} packet
 * @param {4 | 5} version
 * @returns {any}
 */
function read(packet, version) {
  const packets = new PacketParser(version).push(written(packet, version));
  assert.equal(packets.length, 1);
  return packets[0];
}

const PUBLISH = {
  cmd: "publish",
  topic: "a/é",
  payload: Buffer.from("x".repeat(300)),
  qos: 1,
  messageId: 770,
  retain: true,
  dup: false,
};

for (const version of /** @type {const} */ ([4, 5])) {
  const name = version === 4 ? "3.1.1" : "5";

  test(`what another implementation writes is read, MQTT ${name}`, () => {
    const code = version === 5 ? { reasonCode: 0 } : { returnCode: 0 };
    const accepted = read({ cmd: "connack", sessionPresent: false, ...code }, version);
    assert.equal(accepted.code, 0);
    assert.equal(accepted.keepAlive, null);
    assert.equal(accepted.receiveMaximum, 65_535);
    const { message, id } = read(PUBLISH, version);
    assert.equal(message.topic, "a/é");
    assert.equal(message.payload.length, 300);
    assert.equal(message.retain, true);
    assert.equal(message.responseTopic, null);
    assert.equal(message.correlationData, null);
    assert.equal(id, 770);
    const unsaved = read({ ...PUBLISH, qos: 0, retain: false, payload: "" }, version);
    assert.equal(unsaved.id, null);
    assert.equal(unsaved.message.retain, false);
    assert.equal(unsaved.message.payload.length, 0);
    assert.deepEqual(read({ cmd: "puback", messageId: 5, ...code }, version), {
      type: "puback",
      id: 5,
      codes: [0],
    });
    assert.deepEqual(read({ cmd: "suback", messageId: 5, granted: [1, 128] }, version), {
      type: "suback",
      id: 5,
      codes: [1, 128],
    });
    assert.deepEqual(read({ cmd: "pingresp" }, version), { type: "pingresp" });
  });

  test(`packets are found however the stream is cut, MQTT ${name}`, () => {
    const stream = Buffer.concat(
      [PUBLISH, { cmd: "pingresp" }, { ...PUBLISH, qos: 0 }].map((one) => written(one, version)),
    );
    for (const size of [1, 2, 3, 100, stream.length]) {
      const parser = new PacketParser(version);
      const types = [];
      for (let at = 0; at < stream.length; at += size) {
        const packets = parser.push(new Uint8Array(stream.subarray(at, at + size)));
        types.push(...packets.map(({ type }) => type));
      }
      assert.deepEqual(types, ["publish", "pingresp", "publish"]);
    }
  });
}

test("what MQTT 5 says in addition is read, and the rest of it passed over", () => {
  const properties = {
    payloadFormatIndicator: true,
    messageExpiryInterval: 10,
    contentType: "text/plain",
    userProperties: { a: "b" },
    subscriptionIdentifier: 200,
    responseTopic: "r/1",
    correlationData: Buffer.from([1, 2]),
  };
  const { message } = read({ ...PUBLISH, properties }, 5);
  assert.equal(message.responseTopic, "r/1");
  assert.deepEqual([...message.correlationData], [1, 2]);
  assert.equal(message.payload.length, 300);
  const granted = read(
    {
      cmd: "connack",
      reasonCode: 0,
      sessionPresent: false,
      properties: {
        receiveMaximum: 20,
        maximumPacketSize: 100_000,
        serverKeepAlive: 60,
        assignedClientIdentifier: "x",
        reasonString: "welcome",
        retainAvailable: true,
        topicAliasMaximum: 10,
      },
    },
    5,
  );
  assert.equal(granted.receiveMaximum, 20);
  assert.equal(granted.maximumPacketSize, 100_000);
  assert.equal(granted.keepAlive, 60);
  assert.deepEqual(read({ cmd: "disconnect", reasonCode: 0x8e }, 5), {
    type: "disconnect",
    code: 0x8e,
  });
});

test("a refusal of MQTT 5 in the form of 3.1.1 is read", () => {
  const [refused] = new PacketParser(5).push(Uint8Array.of(0x20, 2, 0, 1));
  assert.ok(refused.type === "connack");
  assert.equal(refused.code, 1);
});

for (const [what, bytes] of /** @type {const} */ ([
  ["a type that no broker sends", [0x10, 0]],
  ["a packet that ends too early", [0x30, 2, 0, 9]],
  ["a length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 1]],
  ["QoS 2", [0x34, 5, 0, 1, 97, 0, 1]],
  ["a topic that is not UTF-8", [0x30, 4, 0, 1, 0xff, 0]],
  ["a property that there is not", [0x30, 5, 0, 1, 97, 1, 0x7f]],
])) {
  test(`${what} is an error`, () => {
    assert.throws(() => new PacketParser(5).push(Uint8Array.from(bytes)), TransportError);
  });
}
