import assert from "node:assert/strict";
import { test } from "node:test";

import { RemoteLinks, readLink } from "../../connection/links.js";
import { Store } from "../../page/store.js";

const ID = "0123456789abcdef0123456789abcdef";
const KEY = "abcdefghijklmnopqrstuv";

/** @returns {Storage} */
function memory() {
  /** @type {Map<string, string>} */
  const values = new Map();
  return /** @type {Storage} */ ({
    getItem: (key) => values.get(key) || null,
    setItem: (key, value) => void values.set(key, value),
  });
}

test("a link is an id and a key", () => {
  assert.deepEqual(readLink(`#${ID}.${KEY}`), { id: ID, key: KEY });
  for (const fragment of [
    "",
    "#",
    `#${ID}`,
    `#${ID}.`,
    `#${ID}.short`,
    `#${KEY}.${KEY}`,
    `#${ID}.${KEY}.x`,
    `#${ID}.${"a".repeat(21)}/`,
  ]) {
    assert.equal(readLink(fragment), null, fragment);
  }
});

test("the last link opens the remote without a fragment, until it is forgotten", () => {
  const storage = memory();
  const links = new RemoteLinks(new Store("zapette.remote", () => storage));
  assert.equal(links.choose(""), null);
  const link = links.choose(`#${ID}.${KEY}`);
  assert.ok(link);
  assert.equal(links.choose(""), null, "it is not remembered by being opened");
  links.remember(link);
  links.name(ID, "Living room");
  assert.equal(links.nameOf(ID), "Living room");
  assert.equal(links.nameOf(ID.replace("0", "f")), null);
  const later = new RemoteLinks(new Store("zapette.remote", () => storage));
  assert.deepEqual(later.choose(""), link);
  assert.equal(later.choose("#broken"), null, "a broken link is not replaced by another one");
  later.forget({ id: ID, key: "another-key-of-22-digits" });
  assert.deepEqual(later.choose(""), link);
  later.forget(link);
  assert.equal(later.choose(""), null);
});

test("all players that were opened are known, the last one first", () => {
  const storage = memory();
  const links = new RemoteLinks(new Store("zapette.remote", () => storage));
  const ids = Array.from({ length: 40 }, (_, index) => index.toString(16).padStart(32, "0"));
  for (const id of ids) links.remember({ id, key: KEY });
  links.remember({ id: ids[30], key: KEY.toUpperCase() });
  const later = new RemoteLinks(new Store("zapette.remote", () => storage));
  assert.equal(later.known().length, 32);
  assert.deepEqual(later.known()[0], { id: ids[30], key: KEY.toUpperCase() });
  assert.equal(later.known().filter(({ id }) => id === ids[30]).length, 1);
  later.forget({ id: ids[30], key: KEY });
  assert.equal(later.known()[0].id, ids[30], "another key of the same player stays");
  later.forget(later.known()[0]);
  assert.equal(later.known()[0].id, ids[39]);
  assert.equal(later.choose(""), null);
});

test("what was stored by somebody else does no harm", () => {
  const storage = memory();
  storage.setItem("zapette.remote", JSON.stringify({ known: ["x", 7, null], last: "y" }));
  const links = new RemoteLinks(new Store("zapette.remote", () => storage));
  assert.deepEqual(links.known(), []);
  assert.equal(links.choose(""), null);
});
