import assert from "node:assert/strict";
import { test } from "node:test";

import {
  LONGEST_TITLE,
  MOST_CHAPTERS,
  bounded,
  indexAt,
  nameAt,
  neighbours,
} from "../../protocol/chapters.js";
import { translator } from "../../i18n/translate.js";

const FILM = [
  { title: "One", start: 2 },
  { title: "", start: 60 },
  { title: "Three", start: 3600 },
];
const french = translator("fr");

test("the state tells few chapters, with short titles, and nothing else of them", () => {
  const many = Array.from({ length: 500 }, (_, start) => ({
    title: "🎬".repeat(300),
    start,
    end: 1,
  }));
  const told = bounded(many);
  assert.equal(told.length, MOST_CHAPTERS);
  assert.deepEqual(told[99], { title: "🎬".repeat(LONGEST_TITLE), start: 99 });
  assert.deepEqual(bounded(FILM), FILM);
  assert.deepEqual(bounded(), []);
});

test("a place is in the chapter that began last, also when it is a little early", () => {
  const places = [0, 1.9, 1.96, 59, 60, 9999];
  assert.deepEqual(
    places.map((place) => indexAt(FILM, place)),
    [-1, -1, 0, 0, 1, 2],
  );
  assert.equal(indexAt([], 5), -1);
});

test("a chapter has a name, of its own or by its number", () => {
  assert.equal(nameAt(FILM, 0, french), "");
  assert.equal(nameAt(FILM, 2, french), "One");
  assert.equal(nameAt(FILM, 70, french), "Chapitre 2");
  assert.equal(nameAt(FILM, 70, translator("en")), "Chapter 2");
});

test("previous begins a chapter again, or the one before where it has just begun", () => {
  /** @type {[number, number | null, number | null][]} position, previous, next */
  const ways = [
    [0, null, 2],
    [4, 2, 60],
    [62, 2, 3600],
    [64, 60, 3600],
    [3600, 60, null],
    [4000, 3600, null],
  ];
  for (const [position, previous, next] of ways) {
    assert.deepEqual(neighbours(FILM, position), { previous, next }, String(position));
  }
  assert.deepEqual(neighbours([], 5), { previous: null, next: null });
});
