import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../../connection/backoff.js";

test("delays double up to the longest, and begin again after a success", () => {
  const backoff = new Backoff({ first: 100, longest: 1000, random: () => 1 });
  const delays = Array.from({ length: 6 }, () => backoff.next());
  assert.deepEqual(delays, [100, 200, 400, 800, 1000, 1000]);
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test("jitter spreads a delay over the upper half of its bound", () => {
  for (const random of [0, 0.5, 0.999]) {
    const delay = new Backoff({ first: 100, random: () => random }).next();
    assert.ok(delay >= 50 && delay < 100, String(delay));
  }
});
