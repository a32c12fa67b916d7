import assert from "node:assert/strict";
import { test } from "node:test";

import { Catalogue } from "../../library/catalogue.js";
import { ApiError } from "../../protocol/errors.js";

const FILM = {
  path: "Alpha.webm",
  source: "media/Alpha.webm",
  title: "Alpha",
  tracks: [],
  subtitles: [],
};
const found = { entries: [FILM], total: 1, index: { state: "probing" } };
const nothing = { entries: [], total: 0, index: { state: "ready" } };
const searching = { entries: [], total: 0, index: { state: "scanning" } };
const away = new ApiError("unavailable", "the web server does not answer", 0);
const refused = new ApiError("unauthorized", "not let in", 401);

/**
 * Return a library that gives one answer after the other, and how often it was asked.
 * @param {...(object | Error)} answers
 */
function library(...answers) {
  let asked = 0;
  const list = async () => {
    const answer = answers[asked++];
    if (answer instanceof Error) throw answer;
    return /** @type {import("../../library/catalogue.js").Answer} */ (answer);
  };
  return { catalogue: new Catalogue(list), asked: () => asked };
}

test("the first medium is waited for, however busy the library is", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {(answer: typeof found) => void} */
  let answer = () => {};
  const catalogue = new Catalogue(() => new Promise((resolve) => (answer = resolve)));
  const first = catalogue.first(() => true);
  context.mock.timers.tick(60_000);
  answer(found);
  assert.equal(await first, FILM);
});

test("a library that is away, or still searching, is asked again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { catalogue, asked } = library(away, searching, found);
  const first = catalogue.first(() => true);
  for (let turn = 0; turn < 10; turn++) {
    await new Promise(setImmediate);
    context.mock.timers.tick(1500);
  }
  assert.equal(await first, FILM);
  assert.equal(asked(), 3);
});

test("it is not asked again if it has nothing, refuses, or nobody wants it", async () => {
  for (const answer of [nothing, refused]) {
    const { catalogue, asked } = library(answer, found);
    assert.equal(await catalogue.first(() => true), null);
    assert.equal(asked(), 1);
  }
  const { catalogue, asked } = library(found);
  assert.equal(await catalogue.first(() => false), null);
  assert.equal(asked(), 0);
});
