import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { PlayerVoice, SECOND_ONLINE } from "../../../player/state/voice.js";
import { Topics } from "../../../protocol/topics.js";

let now = 0;
let doubts = 0;
/** @type {(() => void)[]} */
let unacknowledged = [];
/** @type {string[]} */
let published = [];
/** @type {any} */
let connection;
/** @type {PlayerVoice} */
let voice;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now);
  now = doubts = 0;
  unacknowledged = [];
  published = [];
  connection = {
    session: { topics: new Topics() },
    version: 4,
    publish: (/** @type {string} */ _topic, /** @type {Uint8Array} */ payload) => {
      published.push(new TextDecoder().decode(payload));
      return new Promise((resolve) => unacknowledged.push(() => resolve(undefined)));
    },
  };
  voice = new PlayerVoice(connection, (topics) => topics.player("0".repeat(32)));
  voice.doubted.listen(() => {
    doubts += 1;
    voice.online();
  });
});

afterEach(() => mock.restoreAll());
afterEach(() => mock.timers.reset());

/** @param {number} took milliseconds until the broker acknowledges the oldest message */
async function acknowledge(took) {
  now += took;
  unacknowledged.shift()?.();
  await Promise.resolve();
  await Promise.resolve();
}

/** @param {number} milliseconds */
function pass(milliseconds) {
  now += milliseconds;
  mock.timers.tick(milliseconds);
}

test("what was acknowledged late is said again, until it is acknowledged soon", async () => {
  voice.online();
  await acknowledge(1000);
  pass(0);
  assert.equal(doubts, 1);
  await acknowledge(1000);
  pass(999);
  assert.equal(doubts, 1);
  pass(1);
  assert.equal(doubts, 2);
  await acknowledge(999);
  pass(120_000);
  assert.equal(doubts, 2);
  // from the beginning again
  voice.online();
  await acknowledge(1000);
  pass(0);
  assert.equal(doubts, 3);
});

test("several late ones are one doubt", async () => {
  voice.online();
  voice.online();
  await acknowledge(1000);
  await acknowledge(0);
  pass(0);
  assert.equal(doubts, 1);
});

test("with MQTT 5, in a later session, and of an event, nothing is said again", async () => {
  connection.version = 5;
  voice.online();
  await acknowledge(1000);
  connection.version = 4;
  voice.event("play", {});
  await acknowledge(1000);
  voice.online();
  await acknowledge(1000);
  connection.session = { ...connection.session };
  pass(120_000);
  assert.equal(doubts, 0);
});

test("online is said twice while the session lasts, and once with MQTT 5", () => {
  voice.online();
  pass(SECOND_ONLINE - 1);
  assert.deepEqual(published, ["online"]);
  pass(1);
  assert.deepEqual(published, ["online", "online"]);
  pass(60_000);
  voice.online();
  pass(1000);
  connection.session = { ...connection.session };
  voice.online();
  pass(60_000);
  assert.equal(published.length, 5);
  voice.online();
  connection.session = null;
  pass(60_000);
  connection.session = { topics: new Topics() };
  connection.version = 5;
  voice.online();
  pass(60_000);
  assert.deepEqual(published, new Array(7).fill("online"));
});
