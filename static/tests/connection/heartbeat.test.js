import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Heartbeat } from "../../connection/heartbeat.js";

let now = 0;
let pings = 0;
let deaths = 0;
/** @type {Heartbeat} */
let heartbeat;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  now = pings = deaths = 0;
  heartbeat = new Heartbeat({
    interval: 3000,
    patience: [1000, 2000],
    ping: () => (pings += 1),
    dead: () => (deaths += 1),
    now: () => now,
  });
  heartbeat.start();
});

afterEach(() => {
  heartbeat.stop();
  mock.timers.reset();
});

/** @param {number} milliseconds */
function pass(milliseconds) {
  now += milliseconds;
  mock.timers.tick(milliseconds);
}

test("silence is answered with a ping, and silence after it is death, once", () => {
  pass(2999);
  assert.equal(pings, 0);
  pass(1);
  assert.equal(pings, 1);
  assert.ok(!heartbeat.fresh);
  pass(1999);
  assert.equal(deaths, 0);
  pass(1);
  assert.equal(deaths, 1);
  pass(60_000);
  assert.deepEqual([pings, deaths], [1, 1]);
});

test("silence is noticed although the clock is set back", () => {
  pass(1000);
  now -= 3600e3;
  pass(2000);
  pass(3000);
  assert.equal(pings, 1);
  assert.ok(!heartbeat.fresh);
});

test("what is heard puts the ping off, and what follows a ping is life", () => {
  pass(2000);
  heartbeat.heard();
  pass(1000);
  assert.equal(pings, 0);
  pass(2000);
  assert.equal(pings, 1);
  heartbeat.heard();
  assert.ok(heartbeat.fresh);
  pass(2999);
  assert.deepEqual([pings, deaths], [1, 0]);
});

test("a probe is a ping with a patience of its own", async () => {
  const alive = heartbeat.probe(500);
  heartbeat.heard();
  assert.equal(await alive, true);
  const dead = heartbeat.probe(500);
  pass(500);
  assert.equal(await dead, false);
  assert.deepEqual([pings, deaths], [2, 1]);
  assert.equal(await heartbeat.probe(), false);
});

test("who asks again and again does not put death off", async () => {
  const asked = [];
  for (let tap = 0; tap < 4; tap += 1) {
    asked.push(heartbeat.probe());
    pass(500);
  }
  assert.deepEqual(await Promise.all(asked), [false, false, false, false]);
  assert.equal(deaths, 1);
});

test("a device that slept does not count as fresh", () => {
  assert.ok(heartbeat.fresh);
  now += 60_000;
  assert.ok(!heartbeat.fresh);
});

test("stopping answers who waits", async () => {
  const waiting = heartbeat.probe();
  heartbeat.stop();
  assert.equal(await waiting, false);
  assert.equal(deaths, 0);
});

test("what comes after the page slept is doubtful, until a ping of after it comes back", () => {
  heartbeat.pinged();
  now += 20_000;
  heartbeat.heard();
  assert.ok(heartbeat.doubtful);
  assert.equal(pings, 1);
  heartbeat.pinged();
  heartbeat.ponged();
  assert.ok(heartbeat.doubtful, "that was the pong of the ping before the sleep");
  heartbeat.heard();
  assert.ok(heartbeat.doubtful);
  heartbeat.ponged();
  assert.ok(!heartbeat.doubtful);
});

test("a pause that a page awake can make is no sleep", () => {
  now += 8_500;
  heartbeat.heard();
  assert.ok(!heartbeat.doubtful);
});

/**
 * Let a ping be answered after `milliseconds`.
 * @param {number} milliseconds
 */
function answerAfter(milliseconds) {
  pass(3000);
  heartbeat.pinged();
  pass(milliseconds);
  heartbeat.heard();
  heartbeat.ponged();
}

/**
 * Check that a ping without an answer ends the connection after just so long.
 * @param {number} milliseconds
 */
function assertPatience(milliseconds) {
  pass(3000);
  pass(milliseconds - 1);
  assert.equal(deaths, 0);
  pass(1);
  assert.equal(deaths, 1);
}

test("patience is short on a fast link, and long on one that was slow", () => {
  answerAfter(10);
  assertPatience(1080);
});

test("a packet that was lost makes patient for some pings", () => {
  answerAfter(10);
  answerAfter(100);
  answerAfter(10);
  assertPatience(1640);
});

test("a link is never given more than the longest patience", () => {
  answerAfter(1000);
  assertPatience(2000);
});

test("the answer of a page that was suspended meanwhile counts before its silence", () => {
  for (let turn = 0; turn < 2; turn += 1) {
    pass(3000);
    now += 60_000;
    pass(2000);
    heartbeat.heard();
  }
  assert.equal(deaths, 0);
});

test("a connection that died while the page was suspended is dead soon after", () => {
  pass(3000);
  now += 60_000;
  pass(2000);
  pass(500);
  assert.equal(deaths, 1);
});

for (const period of [1000, 60_000]) {
  test(`timers that fire each ${period / 1000} s in the background end no live connection`, () => {
    const { setTimeout } = globalThis;
    mock.method(
      globalThis,
      "setTimeout",
      (/** @type {() => void} */ act, /** @type {number} */ ms) =>
        setTimeout(act, period * Math.ceil((now + ms) / period) - now),
    );
    heartbeat.start();
    for (let turn = 0, seen = 0; turn < 3000; turn += 1) {
      pass(100);
      // an answer is no timer
      if (pings > seen) setTimeout(() => heartbeat.heard(), 300);
      seen = pings;
    }
    mock.restoreAll();
    assert.ok(pings >= 3);
    assert.equal(deaths, 0);
  });
}
