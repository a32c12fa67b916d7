import assert from "node:assert/strict";
import { test } from "node:test";

import { takeOver, takeOverSocket } from "../../connection/early-answer.js";

const URL = "http://tv/api/credentials";
const BODY = '{"id":"1"}';

/**
 * Return the `fetch` under test, and what goes out by it.
 * @param {Promise<any>} answer
 */
function start(answer) {
  /** @type {string[]} */
  const sent = [];
  const fetch = takeOver(
    /** @type {any} */ (async (/** @type {string} */ url) => sent.push(url) && "fresh"),
    { url: URL, body: BODY, answer, socket: null },
  );
  return { fetch, sent };
}

test("the early answer is taken once, by the same request only", async () => {
  const { fetch, sent } = start(Promise.resolve("early"));
  assert.equal(await fetch(URL, { body: '{"id":"2"}' }), "fresh");
  assert.equal(await fetch(`${URL}/other`, { body: BODY }), "fresh");
  assert.equal(await fetch(URL, { body: BODY, signal: new AbortController().signal }), "early");
  assert.equal(await fetch(URL, { body: BODY }), "fresh");
  assert.equal(sent.length, 3);
});

test("who has waited long enough gives the early answer up", async () => {
  const { fetch, sent } = start(new Promise(() => {}));
  const patience = new AbortController();
  const answer = fetch(URL, { body: BODY, signal: patience.signal });
  patience.abort();
  await assert.rejects(answer, { name: "AbortError" });
  assert.equal(sent.length, 0);
});

test("without an early request there is nothing to take over", async () => {
  const fetch = takeOver(/** @type {any} */ (async () => "fresh"), undefined);
  assert.equal(await fetch(URL, { body: BODY }), "fresh");
});

/**
 * Take over a socket to `url`, and return what two attempts to reach the broker get.
 * @param {string} url
 * @param {number} readyState
 */
function reachTwice(url, readyState) {
  const close = () => (socket.closed = true);
  const socket = { url, readyState, CONNECTING: 0, OPEN: 1, closed: false, close, onopen: close };
  const answer = Promise.resolve(/** @type {any} */ ({}));
  const early = { url: URL, body: BODY, answer, socket: /** @type {any} */ (socket) };
  const reach = takeOverSocket(/** @type {any} */ (() => "fresh"), early);
  const got = [0, 1].map(() => reach("ws://tv/mqtt"));
  return { got: got.map((one) => (/** @type {any} */ (one) === socket ? "early" : one)), socket };
}

test("the early socket is taken once, if it leads to a broker and has not ended", () => {
  for (const state of [0, 1]) {
    assert.deepEqual(reachTwice("ws://tv/mqtt", state).got, ["early", "fresh"]);
  }
  assert.deepEqual(reachTwice("ws://other/mqtt", 1).got, ["early", "fresh"]);
  for (const state of [2, 3]) {
    assert.deepEqual(reachTwice("ws://tv/mqtt", state).got, ["fresh", "fresh"]);
  }
  // the address of an earlier day, maybe
  const { got, socket } = reachTwice("ws://other/mqtt", 0);
  assert.deepEqual(got, ["fresh", "fresh"]);
  socket.onopen();
  assert.ok(socket.closed);
  assert.equal(
    takeOverSocket(/** @type {any} */ (() => "fresh"), undefined)("ws://tv/mqtt"),
    "fresh",
  );
});
