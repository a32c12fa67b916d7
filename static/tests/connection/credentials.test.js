import assert from "node:assert/strict";
import { test } from "node:test";

import { CredentialsSource } from "../../connection/credentials.js";
import { ApiError } from "../../protocol/errors.js";

const GOOD = /** @type {import("../../connection/api.js").Credentials} */ ({
  client_id: "a",
  // the clock of the server is not that of this device
  expires_at: 7,
  expires_in: 50,
  links: { remote: { url: "a" }, guest: { url: "b" } },
});

test("the last credentials serve while the web server is away, until they expire", async () => {
  let now = 50;
  /** @type {Error | null} */
  let failure = null;
  const source = new CredentialsSource(
    async () => {
      if (failure) throw failure;
      return GOOD;
    },
    { now: () => now },
  );
  assert.equal(await source.get(), GOOD);
  failure = new ApiError("unavailable", "away", 0);
  // a new code may have ended the links
  assert.deepEqual(await source.get(), { ...GOOD, links: undefined });
  now = 100;
  await assert.rejects(source.get(), { code: "unavailable" });
  now = 50;
  failure = new ApiError("wrong_key", "no", 403);
  await assert.rejects(source.get(), { code: "wrong_key" });
});
