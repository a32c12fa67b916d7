import assert from "node:assert/strict";
import { test } from "node:test";

import { newItem } from "../../playback/queue-items.js";
import { readSource } from "../../protocol/sources.js";

const SOURCE = readSource("media/A_film.mp4");

test("a title that somebody gives is cleaned", () => {
  assert.equal(newItem(SOURCE, " The \u202efilm\n ").title, "The film");
});

test("a title of which nothing can be seen is none", () => {
  for (const title of [null, "", "\u200b\u200b", "\u3164 \u2800", "\u202e\0"]) {
    assert.equal(newItem(SOURCE, title).title, "A film", JSON.stringify(title));
  }
});

test("so is the name in an address", () => {
  assert.equal(newItem(readSource("https://example.org/a%E2%80%AEb%0A.mp4")).title, "ab");
});
