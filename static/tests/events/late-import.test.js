import assert from "node:assert/strict";
import { test } from "node:test";

import { importLate } from "../../events/late-import.js";

const address = new URL("../../events/delay.js", import.meta.url).href;

/**
 * Fail, as an import whose failure the browser remembers.
 * @returns {Promise<typeof import("../../events/delay.js")>}
 */
function load() {
  return Promise.reject(new TypeError("Failed to fetch dynamically imported module"));
}

test("a module is imported at another address after a failure, and once", async () => {
  const { delay } = await importLate(load, address);
  assert.equal(typeof delay, "function");
  assert.equal((await importLate(load, address)).delay, delay);
});

test("a module that is nowhere fails, and the next import has another address", async () => {
  const nowhere = `${address}.none`;
  const { delay } = await importLate(load, address);
  await assert.rejects(importLate(() => import(nowhere), nowhere));
  assert.notEqual((await importLate(load, address)).delay, delay);
});
