import assert from "node:assert/strict";
import { test } from "node:test";

import { Growth } from "../../media/growth.js";

const PERIOD = 10e3;
const turn = () => new Promise((done) => setImmediate(done));

/** @param {import("node:test").TestContext} context */
function followed({ mock }) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const growth = new Growth();
  const file = { size: 100, duration: 10, looks: 0, isFound: true };
  const length = () => ({ size: file.size, duration: file.duration });
  const look = async () => {
    file.looks += 1;
    return file.isFound ? length() : null;
  };
  void growth.follow(Promise.resolve(length()), look);
  const wait = async () => {
    await turn();
    mock.timers.tick(PERIOD);
    await turn();
  };
  const grow = async () => {
    Object.assign(file, { size: file.size + 50, duration: file.duration + 5 });
    await wait();
  };
  return { growth, file, grow, wait };
}

test("the length of a file that grows is followed", async (context) => {
  const { growth, grow } = followed(context);
  let changes = 0;
  growth.changed.listen(() => (changes += 1));
  assert.deepEqual([growth.hasGrown, growth.duration], [false, null]);
  await grow();
  await grow();
  assert.deepEqual([growth.hasGrown, growth.duration, changes], [true, 20, 2]);
});

test("what was opened again has not grown until it grows more", async (context) => {
  const { growth, grow } = followed(context);
  await grow();
  growth.open();
  assert.deepEqual([growth.hasGrown, growth.duration], [false, null]);
  await grow();
  assert.deepEqual([growth.hasGrown, growth.duration], [true, 20]);
});

test("a file that does not grow is left alone", async (context) => {
  const { growth, file, grow, wait } = followed(context);
  await grow();
  await wait();
  await wait();
  assert.deepEqual([file.looks, growth.duration], [2, 15]);
});

test("an earlier medium is forgotten", async (context) => {
  const { growth, file, grow } = followed(context);
  void growth.follow(Promise.resolve(null), async () => null);
  await grow();
  assert.deepEqual([file.looks, growth.hasGrown], [0, false]);
});

test("a look that fails does not end the following", async (context) => {
  const { growth, file, grow, wait } = followed(context);
  await grow();
  file.isFound = false;
  await wait();
  assert.deepEqual([growth.grows, growth.duration], [false, 15]);
  file.isFound = true;
  await grow();
  assert.deepEqual([growth.grows, growth.duration], [true, 20]);
});

test("each look says whether the file still grows", async (context) => {
  const { growth, grow, wait } = followed(context);
  /** @type {boolean[]} */
  const found = [];
  growth.changed.listen(() => found.push(growth.grows));
  await grow();
  await wait();
  assert.deepEqual(found, [true, false]);
});

test("a medium that was played as far as its file goes is at its end", async (context) => {
  const { growth, grow } = followed(context);
  assert.equal(growth.goesOnAfter(5), false);
  await grow();
  assert.deepEqual([growth.goesOnAfter(10), growth.goesOnAfter(14.75)], [true, false]);
});
