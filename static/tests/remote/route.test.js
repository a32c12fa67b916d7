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

test("what another app shares is looked for in the library", () => {
  const address = "https://films.example/a?b=c&d";
  const open = (/** @type {Record<string, string>} */ shared) =>
    readRoute(`?${new URLSearchParams(shared)}`);
  assert.deepEqual(open({ shared_url: address }), routeTo("library", { search: address }));
  // as most apps do it
  const text = `Look at this: ${address}.`;
  for (const shared of [
    { shared_text: text },
    { shared_url: "", shared_title: "A film", shared_text: text },
    { shared_title: text, shared_text: "A film" },
  ])
    assert.deepEqual(open(shared), routeTo("library", { search: address }));
  assert.deepEqual(open({ shared_text: " A film " }), routeTo("library", { search: "A film" }));
  assert.deepEqual(open({ shared_text: "javascript:alert(1)" }).search, "javascript:alert(1)");
  assert.equal(open({ shared_text: "x".repeat(9999) }).search.length, 200);
  assert.deepEqual(open({ shared_text: " " }), routeTo("now"));
});
