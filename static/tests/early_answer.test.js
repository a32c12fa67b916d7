import assert from "node:assert/strict";
import { test } from "node:test";

import { takeOver } from "../early_answer.js";

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
    /** @type {any} */ (async (/** @type {string} */ url) => sent.push(url) && "anew"),
    { url: URL, body: BODY, answer },
  );
  return { fetch, sent };
}

test("the early answer is taken once, by the same request only", async () => {
  const { fetch, sent } = start(Promise.resolve("early"));
  assert.equal(await fetch(URL, { body: '{"id":"2"}' }), "anew");
  assert.equal(await fetch(`${URL}/other`, { body: BODY }), "anew");
  assert.equal(await fetch(URL, { body: BODY, signal: new AbortController().signal }), "early");
  assert.equal(await fetch(URL, { body: BODY }), "anew");
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
  const fetch = takeOver(/** @type {any} */ (async () => "anew"), undefined);
  assert.equal(await fetch(URL, { body: BODY }), "anew");
});
