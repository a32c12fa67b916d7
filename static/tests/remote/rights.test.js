import assert from "node:assert/strict";
import { test } from "node:test";

import { permitted } from "../../remote/rights.js";

test("a guest may add to the queue and no more", () => {
  const can = ["status", "play", "volume", "queue/add", "queue/remove", "load"];
  assert.deepEqual(permitted("guest", can), ["status", "queue/add"]);
  assert.deepEqual(permitted("remote", can), can);
});
