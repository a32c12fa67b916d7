import assert from "node:assert/strict";
import { test } from "node:test";

import { readRoute, writeRoute } from "../remote_route.js";

test("an address says what is open, and what is open makes an address", () => {
  for (const route of [
    { view: /** @type {const} */ ("now"), path: "" },
    { view: /** @type {const} */ ("queue"), path: "" },
    { view: /** @type {const} */ ("library"), path: "Films/Été & co #1?" },
  ]) {
    const address = new URL(writeRoute(route, "#id.key"), "http://host/sub/remote?view=more#x");
    assert.equal(address.pathname, "/sub/remote");
    assert.equal(address.hash, "#id.key");
    assert.deepEqual(readRoute(address.search), route);
  }
});

test("what is not known opens the first screen", () => {
  assert.deepEqual(readRoute(""), { view: "now", path: "" });
  assert.deepEqual(readRoute("?view=constructor&path=x"), { view: "now", path: "" });
  assert.deepEqual(readRoute("?view=queue&path=x"), { view: "queue", path: "" });
});
