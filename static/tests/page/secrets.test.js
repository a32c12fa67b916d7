import assert from "node:assert/strict";
import { test } from "node:test";

import { withoutSecrets } from "../../page/secrets.js";

const ID = "0123456789abcdef0123456789abcdef";
const KEY = "abcdefghijklmnopqrst-_";

test("ids, keys, tokens and fragments are left out", () => {
  assert.equal(
    withoutSecrets(`topic zapette/players/${ID}/state`),
    "topic zapette/players/<id>/state",
  );
  assert.equal(withoutSecrets(`at http://tv/remote#${ID}.${KEY}:3:4`), "at http://tv/remote#…:3:4");
  assert.equal(withoutSecrets(`key ${KEY}`), "key <key>");
  assert.equal(withoutSecrets("eyJhbGciOi.eyJzdWIi.c2ln-_x y"), "<token> y");
});

test("everything else is left as it is", () => {
  const text = "TypeError: x is not a function\n    at play (http://tv:8000/static/media.js:12:7)";
  assert.equal(withoutSecrets(text), text);
});
