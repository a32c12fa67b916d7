import assert from "node:assert/strict";
import { test } from "node:test";

import { CallError } from "../../protocol/errors.js";
import {
  MAX_PARAMETERS,
  readParameters,
  readResponse,
  writeError,
  writeParameters,
  writeResult,
} from "../../protocol/messages.js";
import { vectors } from "../vectors.js";

/** @param {{ text?: string, hex?: string, repeat?: [string, number] }} vector */
function payloadOf({ text = "", hex, repeat }) {
  if (hex !== undefined) return new Uint8Array(Buffer.from(hex, "hex"));
  return new TextEncoder().encode(repeat ? repeat[0].repeat(repeat[1]) : text);
}

for (const vector of vectors("parameters").cases) {
  test(`parameters: ${vector.name}`, () => {
    const payload = payloadOf(vector);
    if (vector.error) {
      assert.throws(() => readParameters(payload), { name: "CallError", code: vector.error });
      return;
    }
    const { positional, named } = readParameters(payload);
    if (vector.length) assert.equal(String(positional[0]).length, vector.length);
    else assert.deepEqual(positional, vector.positional || []);
    assert.deepEqual(named, vector.named || {});
  });
}

for (const vector of vectors("responses").cases) {
  test(`response: ${vector.name}`, () => {
    const payload = payloadOf(vector);
    if (vector.code) {
      const { code, message, reason = "" } = vector;
      const expected = { name: "CallError", code, reason, ...(message ? { message } : {}) };
      assert.throws(() => readResponse(payload), expected);
    } else {
      assert.deepEqual(readResponse(payload), vector.result);
    }
  });
}

test("a byte order mark is part of a text", () => {
  const payload = new Uint8Array([0xef, 0xbb, 0xbf, 0x34, 0x30]);
  assert.deepEqual(readParameters(payload).positional, ["\ufeff40"]);
});

test("what is written is read back", () => {
  const named = { level: 40, text: "À table !" };
  assert.deepEqual(readParameters(writeParameters(named)), { positional: [], named });
  assert.deepEqual(readParameters(writeParameters([null, "x"])).positional, [null, "x"]);
  assert.equal(writeParameters({}).length, 0);
  assert.deepEqual(readResponse(writeResult({ volume: 40 })), { volume: 40 });
  assert.equal(readResponse(writeResult(undefined)), null);
  const error = new CallError("media_error", "no such film");
  assert.throws(() => readResponse(writeError(error)), {
    code: error.code,
    message: error.message,
  });
});

test("parameters that are too long are refused where they are written", () => {
  const text = "a".repeat(MAX_PARAMETERS);
  assert.throws(() => writeParameters([text]), { code: "invalid_argument" });
});
