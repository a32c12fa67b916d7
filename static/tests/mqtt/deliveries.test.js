import assert from "node:assert/strict";
import { test } from "node:test";

import { TransportError } from "../../protocol/errors.js";
import { Deliveries } from "../../mqtt/deliveries.js";

/** @param {number} places */
function start(places) {
  /** @type {number[]} */
  const sent = [];
  const deliveries = new Deliveries((bytes) => sent.push(bytes[0] * 256 + bytes[1]), places);
  const write = (/** @type {number} */ id) => Uint8Array.of(id >> 8, id & 0xff);
  return { deliveries, sent, write };
}

test("no more messages are on the way than the broker takes", async () => {
  const { deliveries, sent, write } = start(2);
  const publications = ["a", "b", "c", "d"].map((topic) => deliveries.publish(topic, write));
  assert.deepEqual(sent, [1, 2]);
  const granted = deliveries.subscribe(["f"], write);
  assert.deepEqual(sent, [1, 2, 3]);
  deliveries.acknowledged(3, [1]);
  await granted;
  assert.deepEqual(sent, [1, 2, 3]);
  deliveries.acknowledged(2, [0]);
  await publications[1];
  deliveries.acknowledged(1, [16]);
  await publications[0];
  assert.deepEqual(sent, [1, 2, 3, 4, 5]);
  deliveries.acknowledged(4, [0]);
  deliveries.acknowledged(5, [0]);
  await Promise.all(publications);
});

test("a refusal names what is refused", async () => {
  const { deliveries, write } = start(9);
  const denied = assert.rejects(deliveries.publish("a/b", write), /refused: a\/b/);
  deliveries.acknowledged(1, [0x87]);
  await denied;
  const deaf = assert.rejects(deliveries.subscribe(["x", "y", "z"], write), /refused: y z/);
  deliveries.acknowledged(2, [1, 0x80, 0x87]);
  await deaf;
});

test("an identifier is not used twice at a time, nor is there a 0", async () => {
  const { deliveries, sent, write } = start(Infinity);
  const first = deliveries.publish("first", write);
  for (let id = 2; id <= 65_536; id += 1) {
    const passing = deliveries.publish("x", write);
    deliveries.acknowledged(sent[sent.length - 1], [0]);
    await passing;
  }
  assert.equal(sent[65_534], 65_535);
  assert.equal(sent[65_535], 2);
  deliveries.acknowledged(1, [0]);
  await first;
});

test("the end fails all that waits, sent or not", async () => {
  const { deliveries, sent, write } = start(1);
  const waiting = [
    deliveries.publish("a", write),
    deliveries.publish("b", write),
    deliveries.subscribe(["c"], write),
  ];
  deliveries.fail(new TransportError("over"));
  for (const one of waiting) await assert.rejects(one, /over/);
  assert.equal(sent.length, 2);
  deliveries.acknowledged(1, [0]);
});

test("what cannot be sent takes no place", async () => {
  const { deliveries, sent, write } = start(1);
  const tooLong = () => {
    throw new TransportError("too long");
  };
  await assert.rejects(deliveries.publish("a", tooLong), /too long/);
  void deliveries.publish("b", write).catch(() => {});
  assert.equal(sent.length, 1);
});
