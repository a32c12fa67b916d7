import assert from "node:assert/strict";
import { test } from "node:test";

import { flawOfAnswer } from "../../media/delivery/answer-errors.js";

const FULL = { code: "conversions_full", detail: "two films are converted already" };

test("a refusal is told in the server's words, with its reason", () => {
  const wanted = { reason: "conversions_full", words: FULL.detail, status: 503 };
  assert.deepEqual(flawOfAnswer(503, JSON.stringify(FULL)), wanted);
  const bytes = new TextEncoder().encode(JSON.stringify(FULL)).buffer;
  assert.deepEqual(flawOfAnswer(503, bytes), wanted);
});

test("a full disk is no fault of the network", () => {
  const { reason } = flawOfAnswer(507, JSON.stringify({ code: "no_room", detail: "it is full" }));
  assert.equal(reason, "no_room");
});

test("a reason that this page does not know is told in the server's words", () => {
  const flaw = flawOfAnswer(404, JSON.stringify({ code: "not_found", detail: "no such film" }));
  assert.deepEqual(flaw, { reason: "network", words: "no such film", status: 404 });
});

test("an answer that is no problem is told by its status", () => {
  for (const body of ["<h1>Bad gateway</h1>", "[]", "", null, new ArrayBuffer(3)]) {
    const { reason, words } = flawOfAnswer(502, body);
    assert.equal(reason, "network");
    assert.match(words, /502/);
  }
});
