import assert from "node:assert/strict";
import { test } from "node:test";

import { readSource } from "../sources.js";

test("a medium of the library", () => {
  const sample = { source: "media/sample.webm", url: "media/sample.webm", title: "sample" };
  assert.deepEqual(readSource("media/sample.webm"), sample);
  assert.deepEqual(readSource("sample.webm"), sample);
});

test("a path is encoded for the address, and its title is readable", () => {
  assert.deepEqual(readSource("media/Été/100 % #1?_live.mp4"), {
    source: "media/Été/100 % #1?_live.mp4",
    url: "media/%C3%89t%C3%A9/100%20%25%20%231%3F_live.mp4",
    title: "100 % #1? live",
  });
});

test("an address on the web", () => {
  assert.deepEqual(readSource("https://example.org/a/My%20film.mp4?x=1"), {
    source: "https://example.org/a/My%20film.mp4?x=1",
    url: "https://example.org/a/My%20film.mp4?x=1",
    title: "My film",
  });
  assert.equal(readSource("http://example.org").title, "example.org");
  assert.equal(readSource("https://example.org/%ff").title, "%ff");
});

for (const text of [
  "javascript:alert(1)",
  " JavaScript:alert(1)",
  "data:video/webm;base64,AAAA",
  "file:///etc/passwd",
  "blob:http://x/1",
  "http://",
  "//example.org/film.mp4",
  "/etc/passwd",
  "media/../../etc/passwd",
  "media/./a",
  "..",
  "a//b",
  "media/",
  "a\\..\\b",
  "",
]) {
  test(`refused: ${text}`, () => {
    assert.throws(() => readSource(text), { code: "invalid_argument", message: /^source is / });
  });
}
