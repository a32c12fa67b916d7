import assert from "node:assert/strict";
import { test } from "node:test";

import mqttPacket from "mqtt-packet";

import { connect, disconnect, pingreq, puback, publish, subscribe } from "../../mqtt/packets.js";

const text = new TextEncoder();

/**
 * Return the packets that another implementation finds in `bytes`.
 * @param {Uint8Array} bytes
 * @param {4 | 5} version
 */
function read(bytes, version) {
  const parser = mqttPacket.parser({ protocolVersion: version });
  /** @type {any[]} */
  const packets = [];
  parser.on("packet", (packet) => packets.push(packet));
  parser.parse(Buffer.from(bytes));
  return packets;
}

for (const version of /** @type {const} */ ([4, 5])) {
  const name = version === 4 ? "3.1.1" : "5";

  test(`a CONNECT with everything is read by another implementation, MQTT ${name}`, () => {
    const payload = text.encode("offline");
    const [packet] = read(
      connect({
        version,
        clientId: "player-1",
        username: "é",
        password: "secret",
        keepAlive: 300,
        will: { topic: "a/b", payload, qos: 1, retain: true },
      }),
      version,
    );
    assert.equal(packet.cmd, "connect");
    assert.equal(packet.protocolVersion, version);
    assert.equal(packet.clean, true);
    assert.equal(packet.clientId, "player-1");
    assert.equal(packet.username, "é");
    assert.equal(String(packet.password), "secret");
    assert.equal(packet.keepalive, 300);
    assert.equal(packet.will.topic, "a/b");
    assert.equal(packet.will.qos, 1);
    assert.equal(packet.will.retain, true);
    assert.deepEqual(new Uint8Array(packet.will.payload), payload);
  });

  test(`a CONNECT with nothing claims no user name and no will, MQTT ${name}`, () => {
    const nobody = { clientId: "x", username: "", password: "", keepAlive: 4, will: null };
    const [packet] = read(connect({ version, ...nobody }), version);
    assert.equal(packet.username, undefined);
    assert.equal(packet.password, undefined);
    assert.equal(packet.will, undefined);
  });

  test(`a PUBLISH of any length is read by another implementation, MQTT ${name}`, () => {
    for (const length of [0, 7, 120, 200, 20_000, 3_000_000]) {
      const payload = new Uint8Array(length).fill(97);
      const bytes = publish({ version, topic: "a/é", payload, retain: true });
      const [packet, ...rest] = read(bytes, version);
      assert.equal(packet.cmd, "publish");
      assert.equal(packet.topic, "a/é");
      assert.equal(packet.retain, true);
      assert.equal(packet.qos, 0);
      assert.deepEqual(new Uint8Array(packet.payload), payload);
      assert.equal(rest.length, 0);
    }
  });

  test(`a PUBLISH at QoS 1 with properties has them on MQTT 5 only, MQTT ${name}`, () => {
    const payload = text.encode("40");
    const correlationData = Uint8Array.of(0, 255);
    const message = { topic: "a", payload, id: 0x1234, expiry: 70_000, correlationData };
    const [packet] = read(publish({ version, ...message }), version);
    assert.equal(packet.qos, 1);
    assert.equal(packet.retain, false);
    assert.equal(packet.messageId, 0x1234);
    assert.equal(String(packet.payload), "40");
    if (version === 5) {
      assert.equal(packet.properties.messageExpiryInterval, 70_000);
      assert.deepEqual(new Uint8Array(packet.properties.correlationData), correlationData);
    } else assert.equal(packet.properties, undefined);
  });

  test(`the other packets are read by another implementation, MQTT ${name}`, () => {
    const bytes = [
      ...subscribe(version, 0xfffe, ["a/+", "é/#"]),
      ...puback(0x0102),
      ...pingreq(),
      ...disconnect(),
    ];
    const [subscription, acknowledgement, ping, end] = read(Uint8Array.from(bytes), version);
    assert.equal(subscription.cmd, "subscribe");
    assert.equal(subscription.messageId, 0xfffe);
    assert.deepEqual(
      subscription.subscriptions.map((/** @type {any} */ one) => [one.topic, one.qos]),
      [
        ["a/+", version === 5 ? 1 : 0],
        ["é/#", version === 5 ? 1 : 0],
      ],
    );
    assert.equal(acknowledgement.cmd, "puback");
    assert.equal(acknowledgement.messageId, 0x0102);
    assert.equal(ping.cmd, "pingreq");
    assert.equal(end.cmd, "disconnect");
  });
}

test("a topic that is too long for MQTT is an error", () => {
  const topic = "a".repeat(65_536);
  assert.throws(() => publish({ version: 5, topic, payload: new Uint8Array(0) }), /too long/);
});
