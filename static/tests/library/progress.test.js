import assert from "node:assert/strict";
import { test } from "node:test";

import { WatchedList } from "../../library/watched-list.js";
import { Progress } from "../../library/progress.js";

/**
 * @param {string} source
 * @param {number} position
 */
const placeOf = (source, position) => ({
  source,
  title: source,
  poster: null,
  position,
  duration: 1000,
  at: 1,
});

const SERIES = ["media/s/1", "media/s/2", "media/s/3"].map((source) => ({
  kind: /** @type {const} */ ("video"),
  path: source.slice(6),
  source,
  title: source,
  year: null,
  thumbnail: null,
}));

test("a place and a mark for each medium", () => {
  const progress = new Progress({ items: [placeOf("a", 500), placeOf("b", 990)], watched: ["b"] });
  assert.deepEqual(progress.of("a"), { position: 500, duration: 1000, watched: false });
  assert.deepEqual(progress.of("b"), { position: 0, duration: 1000, watched: true });
  assert.deepEqual(progress.of("c"), { position: 0, duration: null, watched: false });
  for (const answer of [null, 4, { items: [1, {}], watched: [null] }]) {
    assert.deepEqual(new Progress(answer).recent(), []);
  }
});

/**
 * Return the sources to go on with.
 * @param {object[]} items
 * @param {string[]} watched
 * @param {string | null} present
 */
async function continued(items, watched, present = null) {
  const list = async (/** @type {any} */ { path }) => ({
    path: "",
    total: 3,
    index: { state: /** @type {const} */ ("ready"), media: 0, probed: 0 },
    entries: path.startsWith("s/") ? SERIES : [],
  });
  const history = new WatchedList(async () => ({ items, watched }), list);
  await history.learn();
  return (await history.continued(present)).map(({ source }) => source);
}

test("what was left, the latest first, and of a series what follows", async () => {
  const [first, second, third] = SERIES.map(({ source }) => source);
  assert.deepEqual(await continued([placeOf("media/f", 500)], []), ["media/f"]);
  // begun, or over
  assert.deepEqual(await continued([placeOf("media/f", 10)], []), []);
  assert.deepEqual(await continued([placeOf("media/f", 0)], ["media/f"]), []);
  assert.deepEqual(await continued([placeOf(first, 0)], [first]), [second]);
  assert.deepEqual(await continued([placeOf(third, 0)], [third]), []);
  assert.deepEqual(await continued([placeOf(first, 0)], [first, second]), []);
  // of a series only the latest, and nothing of what plays
  assert.deepEqual(await continued([placeOf(second, 500), placeOf(first, 0)], [first]), [second]);
  assert.deepEqual(await continued([placeOf("media/f", 500)], [], "media/f"), []);
  const many = Array.from("abcde", (it) => placeOf(`media/${it}`, 500));
  assert.equal((await continued(many, [])).length, 3);
});
