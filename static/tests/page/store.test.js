import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../page/store.js";

/** @param {{ isFull: boolean }} disk */
function storageOn(disk) {
  /** @type {Map<string, string>} */
  const values = new Map();
  return /** @type {Storage} */ ({
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => {
      if (disk.isFull) throw new DOMException("full", "QuotaExceededError");
      values.set(key, value);
    },
  });
}

test("two tabs keep each other's values", () => {
  const storage = storageOn({ isFull: false });
  const [one, other] = [1, 2].map(() => new Store("zapette", () => storage));
  assert.equal(one.get("name"), undefined);
  other.set("name", "TV");
  assert.equal(one.get("name"), "TV");
  other.set("volume", 20);
  one.set("muted", true);
  assert.equal(new Store("zapette", () => storage).get("volume"), 20);
  other.set("name", undefined);
  assert.equal(one.get("name"), undefined);
  one.set("muted", false);
  assert.equal(other.get("name"), undefined);
});

test("a value that was not stored is newer than the stored one", () => {
  const disk = { isFull: false };
  const storage = storageOn(disk);
  const store = new Store("zapette", () => storage);
  store.set("volume", 20);
  disk.isFull = true;
  store.set("volume", 30);
  store.set("muted", true);
  assert.deepEqual([store.get("volume"), store.get("muted")], [30, true]);
  disk.isFull = false;
  store.set("name", "TV");
  const later = new Store("zapette", () => storage);
  assert.deepEqual([later.get("volume"), later.get("muted")], [30, true]);
});
