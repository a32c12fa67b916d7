import assert from "node:assert/strict";
import { test } from "node:test";

import { crumbs, typesOf, unplayable } from "../../library/library.js";

/** @type {import("../../library/library.js").Entry} */
const FILM = {
  kind: "video",
  path: "Films/one.mp4",
  title: "One",
  year: null,
  thumbnail: null,
  type: 'video/mp4; codecs="avc1.64001F, ac-3"',
  tracks: [
    { kind: "video", name: "H.264", codec: "avc1.64001F" },
    { kind: "audio", name: "AC-3", codec: "ac-3" },
  ],
};

/** @param {string[]} lacking parts of types that cannot be played */
function without(...lacking) {
  return (/** @type {string} */ type) => !lacking.some((part) => type.includes(part));
}

test("a medium is marked by what of it cannot be played", () => {
  assert.deepEqual(unplayable(FILM, without()), []);
  assert.deepEqual(unplayable(FILM, without("ac-3")), ["AC-3"]);
  assert.deepEqual(unplayable(FILM, without("ac-3", "avc1")), ["H.264", "AC-3"]);
  assert.deepEqual(unplayable({ ...FILM, path: "a.mkv", type: "video/x" }, without("video/x")), [
    "MKV",
  ]);
});

test("one track that can be played is enough", () => {
  const second = { kind: /** @type {const} */ ("audio"), name: "AAC", codec: "mp4a.40.2" };
  const film = { ...FILM, tracks: [...(FILM.tracks || []), second] };
  assert.deepEqual(unplayable(film, without("ac-3")), []);
});

test("a codec that the player knows in another container counts", () => {
  const admits = (/** @type {string} */ type) => !/^video\/mp4; codecs="ac-3"/.test(type);
  assert.deepEqual(unplayable(FILM, admits), []);
});

test("streams and folders are not marked", () => {
  const stream = { ...FILM, type: "application/vnd.apple.mpegurl", tracks: [] };
  assert.deepEqual(typesOf(stream), []);
  assert.deepEqual(
    unplayable(stream, () => false),
    [],
  );
  const { type, tracks, ...folder } = FILM;
  assert.ok(type && tracks);
  assert.deepEqual(
    unplayable({ ...folder, kind: "folder" }, () => false),
    [],
  );
});

test("all that is looked at was asked for", () => {
  const asked = typesOf(FILM);
  unplayable(FILM, (type) => {
    assert.ok(asked.includes(type), type);
    return false;
  });
  unplayable(FILM, (type) => {
    assert.ok(asked.includes(type), type);
    return type === "video/mp4";
  });
});

test("a folder has all those around it", () => {
  assert.deepEqual(crumbs(""), [{ name: "", path: "" }]);
  assert.deepEqual(crumbs("a/b c"), [
    { name: "", path: "" },
    { name: "a", path: "a" },
    { name: "b c", path: "a/b c" },
  ]);
});
