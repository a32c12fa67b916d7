import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { PlayerVoice } from "../../../player/state/voice.js";
import { Topics } from "../../../protocol/topics.js";

let now = 0;
let doubts = 0;
/** @type {(() => void)[]} */
let unacknowledged = [];
/** @type {any} */
let connection;
/** @type {PlayerVoice} */
let voice;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now);
  now = doubts = 0;
  unacknowledged = [];
  connection = {
    session: { topics: new Topics() },
    version: 4,
    publish: () => new Promise((resolve) => unacknowledged.push(() => resolve(undefined))),
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
