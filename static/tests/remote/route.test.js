import assert from "node:assert/strict";
import { test } from "node:test";

import { readRoute, routeTo, writeRoute } from "../../remote/route.js";

test("an address says what is open, and what is open makes an address", () => {
  for (const route of [
    routeTo("now"),
    routeTo("queue"),
    routeTo("library", { path: "Films/Été & co #1?" }),
    routeTo("library", { path: "Films", search: "l'œuvre & co", order: "added" }),
  ]) {
    const address = new URL(writeRoute(route, "#id.key"), "http://host/sub/remote?view=more#x");
    assert.equal(address.pathname, "/sub/remote");
    assert.equal(address.hash, "#id.key");
    assert.deepEqual(readRoute(address.search), route);
  }
});

test("what is not known opens the first screen", () => {
  assert.deepEqual(readRoute(""), routeTo("now"));
  assert.deepEqual(readRoute("?view=constructor&path=x"), routeTo("now"));
  assert.deepEqual(readRoute("?view=queue&path=x&search=y"), routeTo("queue"));
  assert.deepEqual(readRoute("?view=library&order=constructor"), routeTo("library"));
});
