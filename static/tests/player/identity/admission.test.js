import assert from "node:assert/strict";
import { test } from "node:test";

import { Admission } from "../../../player/identity/admission.js";
import { ApiError } from "../../../protocol/errors.js";

const GOOD = /** @type {import("../../../connection/api.js").Credentials} */ ({ client_id: "a" });

test("a new player shows its code until it is let in", async () => {
  const waiting = ["111-111", "111-111", "222-222"];
  /** @type {string[]} */
  const shown = [];
  /** @type {number[]} */
  const waits = [];
  let asked = 0;
  const admission = new Admission(
    async () => {
      asked += 1;
      const code = waiting.shift();
      if (!code) return GOOD;
      throw new ApiError("waiting", "wait", 403, { admission: { code, expires_in: 600 } });
    },
    (code) => shown.push(code),
    async (milliseconds) => void waits.push(milliseconds),
  );
  const both = await Promise.all([admission.credentials(), admission.credentials()]);
  assert.deepEqual(both, [GOOD, GOOD]);
  assert.deepEqual(shown, ["111-111", "111-111", "222-222"]);
  assert.equal(asked, 4);
  assert.equal(waits.length, 3);
});

test("any other error is told", async () => {
  const error = new ApiError("wrong_key", "no", 403);
  const admission = new Admission(
    () => Promise.reject(error),
    () => assert.fail("nothing waits"),
  );
  await assert.rejects(admission.credentials(), { code: "wrong_key" });
});
