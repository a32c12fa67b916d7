import assert from "node:assert/strict";
import { test } from "node:test";

import { formatFactor, formatShift, formatTime } from "../../i18n/format.js";

test("a speed is written as the language writes numbers", () => {
  assert.equal(formatFactor(0.75, "en"), "0.75 ×");
  assert.equal(formatFactor(0.75, "fr"), "0,75\u202f×");
  assert.equal(formatFactor(2, "fr"), "2\u202f×");
});

test("a time has hours only where there are any", () => {
  assert.equal(formatTime(9), "0:09");
  assert.equal(formatTime(3661), "1:01:01");
});

test("a shift has its sign", () => {
  assert.equal(formatShift(0.5, "en"), "+0.5\u202fs");
  assert.equal(formatShift(-1.1, "fr"), "−1,1\u202fs");
  assert.equal(formatShift(0, "en"), "0\u202fs");
});
