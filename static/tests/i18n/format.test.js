import assert from "node:assert/strict";
import { test } from "node:test";

import { formatFactor, formatTime } from "../../i18n/format.js";

test("a speed is written as the language writes numbers", () => {
  assert.equal(formatFactor(0.75, "en"), "0.75 ×");
  assert.equal(formatFactor(0.75, "fr"), "0,75\u202f×");
  assert.equal(formatFactor(2, "fr"), "2\u202f×");
});

test("a time has hours only where there are any", () => {
  assert.equal(formatTime(9), "0:09");
  assert.equal(formatTime(3661), "1:01:01");
});
