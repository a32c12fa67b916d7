import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isAtEnd,
  positionIn,
  readPlaces,
  remember,
  resumeAt,
} from "../../playback/resume-positions.js";
import { readWatched, rememberWatched } from "../../playback/watched.js";

/** @param {Partial<import("../../playback/resume-positions.js").Place>} place */
const placeOf = (place) => ({
  source: "media/film.webm",
  title: "Film",
  poster: null,
  position: 600,
  duration: 5400,
  at: 1,
  ...place,
});

test("the latest comes first, and each medium once", () => {
  let places = remember([], placeOf({ source: "a" }));
  places = remember(places, placeOf({ source: "b" }));
  places = remember(places, placeOf({ source: "a", position: 700 }));
  assert.deepEqual(
    places.map(({ source }) => source),
    ["a", "b"],
  );
  assert.equal(positionIn(places, "a"), 700);
  assert.equal(positionIn(places, "c"), 0);
  for (let id = 0; id < 80; id += 1) places = remember(places, placeOf({ source: String(id) }));
  assert.equal(places.length, 50);
});

test("a long film goes on where one stopped, unless that is its beginning or its end", () => {
  const at = (/** @type {Partial<import("../../playback/resume-positions.js").Place>} */ place) =>
    resumeAt([placeOf(place)], "media/film.webm");
  assert.equal(at({}), 600);
  assert.equal(at({ position: 30 }), 0);
  assert.equal(at({ position: 5390 }), 0);
  assert.equal(at({ position: 100, duration: 200 }), 0);
  assert.equal(at({ duration: null }), 0);
  assert.equal(at({ source: "another" }), 0);
});

test("what was kept is read again, and nothing else", () => {
  const places = [placeOf({})];
  assert.deepEqual(readPlaces(JSON.parse(JSON.stringify(places))), places);
  assert.deepEqual(readPlaces([{}, null, 4]), []);
  assert.deepEqual(readPlaces("x"), []);
});

test("the end of a long one has its last minute, and of any its last part", () => {
  assert.deepEqual(
    [5130, 5131].map((position) => isAtEnd(position, 5400)),
    [false, true],
  );
  assert.deepEqual(
    [241, 240].map((position) => isAtEnd(position, 300)),
    [true, false],
  );
  assert.deepEqual(
    [38, 38.1].map((position) => isAtEnd(position, 40)),
    [false, true],
  );
});

test("what was watched is known once, the latest first", () => {
  const watched = ["a", "b", "a"].reduce(rememberWatched, /** @type {readonly string[]} */ ([]));
  assert.deepEqual(watched, ["a", "b"]);
  assert.deepEqual(readWatched(JSON.parse(JSON.stringify([...watched, 4]))), watched);
  assert.deepEqual(readWatched({}), []);
  const many = Array.from({ length: 600 }, (_, index) => String(index));
  assert.equal(many.reduce(rememberWatched, watched).length, 500);
});
