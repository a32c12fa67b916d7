import assert from "node:assert/strict";
import { test } from "node:test";

import { isStream, readSource } from "../sources.js";

test("a medium of the library", () => {
  const url = "media/sample.webm";
  const sample = { source: url, url, title: "sample", path: "sample.webm" };
  assert.deepEqual(readSource("media/sample.webm"), sample);
  assert.deepEqual(readSource("sample.webm"), sample);
});

test("a path is encoded for the address, and its title is readable", () => {
  assert.deepEqual(readSource("media/Été/100 % #1?_live.mp4"), {
    source: "media/Été/100 % #1?_live.mp4",
    url: "media/%C3%89t%C3%A9/100%20%25%20%231%3F_live.mp4",
    title: "100 % #1? live",
    path: "Été/100 % #1?_live.mp4",
  });
});

test("an address on the web", () => {
  assert.deepEqual(readSource("https://example.org/a/My%20film.mp4?x=1"), {
    source: "https://example.org/a/My%20film.mp4?x=1",
    url: "https://example.org/a/My%20film.mp4?x=1",
    title: "My film",
    path: null,
  });
  assert.equal(readSource("http://example.org").title, "example.org");
  assert.equal(readSource("https://example.org/%ff").title, "%ff");
});

test("a stream is told by its name", () => {
  assert.ok(isStream(readSource("live/index.m3u8")));
  assert.ok(isStream(readSource("https://example.org/a.M3U8?token=1")));
  assert.ok(!isStream(readSource("https://example.org/a.mp4?next=b.m3u8")));
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
