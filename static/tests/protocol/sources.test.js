import assert from "node:assert/strict";
import { test } from "node:test";

import { readAddress } from "../../protocol/addresses.js";
import { MEDIA_ENDINGS } from "../../protocol/media-names.js";
import { isMedium, isStream, readSource } from "../../protocol/sources.js";
import { vectors } from "../vectors.js";

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

const PATHS = vectors("paths");

for (const { path, address } of PATHS.paths) {
  test(`a path and its address: ${JSON.stringify(path)}`, () => {
    const source = `media/${path}`;
    const read = readSource(source);
    assert.deepEqual([read.path, read.source, read.url], [path, source, address]);
    assert.equal(pathOf(read.url), path);
  });
}

test("all that a name may hold comes back from its address", () => {
  // Private characters stand for bytes that are no text.
  const alphabet = Array.from(
    "/ ab.%#?\\\n\t:é\u0301😀\uf7ff&+;=@'()*!~\"<>|^`[]{}$,-_\ufeff\u2028",
  );
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 2147483647);
  for (let round = 0; round < 5000; round += 1) {
    const length = 1 + (random() % 12);
    const path = Array.from({ length }, () => alphabet[random() % alphabet.length]).join("");
    const levels = path.split("/");
    if (levels.some((level) => ["", ".", ".."].includes(level))) continue;
    assert.equal(pathOf(readSource(`media/${path}`).url), path);
  }
});

for (const path of ["Alien: Covenant.mp4", "Mission:Impossible.mp4", "a:b/c.mp4", "AC\\DC.mp4"]) {
  test(`a path without media/: ${path}`, () => {
    assert.equal(readSource(path).source, `media/${path}`);
  });
}

test("a folder may have a slash at its end", () => {
  assert.equal(readSource("media/Season 1/").path, "Season 1");
  assert.equal(isMedium(readSource("Season 1/")), false);
  assert.equal(isMedium(readSource("Mr. Nobody.2009")), false);
  for (const path of ["a.MP4", "x.m2ts", "x.oga", "https://example.org/a"]) {
    assert.ok(isMedium(readSource(path)), path);
  }
});

test("the names of media are those that the server lists", () => {
  const { media } = vectors("media");
  const endings = Object.keys(media).map((it) => it.slice(1));
  assert.deepEqual(Array.from(MEDIA_ENDINGS), endings);
  for (const path of ["a.VOB", "b/c.dvr-ms", "x.rmvb"]) assert.ok(isMedium(readSource(path)), path);
  // the library is asked what these are
  for (const path of ["list.m3u", "list.m3u8", "Clip.strm", "film", "mp4"]) {
    assert.ok(!isMedium(readSource(path)), path);
  }
});

for (const [text, address] of vectors("addresses").addresses) {
  test(`what people type for an address: ${JSON.stringify(text)}`, () => {
    assert.equal(readAddress(text), address);
    if (address !== null) assert.equal(readSource(text).url, new URL(address).href);
  });
}

test("an address may have space around it", () => {
  assert.equal(readSource(" https://example.org/a.mp4\n").url, "https://example.org/a.mp4");
});

for (const text of PATHS.refused) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.throws(() => readSource(text), { code: "invalid_argument", message: /^source is / });
  });
}

/**
 * Return the path that the server gets of an address.
 * @param {string} url
 */
function pathOf(url) {
  const { pathname } = new URL(url, "http://localhost:8000/");
  return decodeURIComponent(pathname.slice("/media/".length));
}
