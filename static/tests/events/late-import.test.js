import assert from "node:assert/strict";
import { test } from "node:test";

import { importLate } from "../../events/late-import.js";

const address = new URL("../../events/delay.js", import.meta.url).href;

test("a module is imported at another address after a failure that is remembered", async () => {
  let attempts = 0;
  const load = () => {
    attempts += 1;
    return Promise.reject(new TypeError("Failed to fetch dynamically imported module"));
  };
  for (const attempt of [1, 2]) {
    const { delay } = await importLate(load, address);
    assert.equal(typeof delay, "function");
    assert.equal(attempts, attempt);
  }
});

test("a module that is nowhere fails", async () => {
  const nowhere = `${address}.none`;
  await assert.rejects(importLate(() => import(nowhere), nowhere));
});
