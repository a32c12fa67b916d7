import assert from "node:assert/strict";
import { test } from "node:test";

import { Later } from "../../page/later.js";

function scheduled() {
  /** @type {(() => void)[]} */
  const runs = [];
  let done = 0;
  const later = new Later(
    () => (done += 1),
    (run) => runs.push(run),
  );
  return { later, runs, done: () => done };
}

test("what is asked for is done later, and once", () => {
  const { later, runs, done } = scheduled();
  later.ask();
  later.ask();
  assert.equal(done(), 0);
  assert.equal(runs.length, 1);
  runs[0]();
  assert.equal(done(), 1);
});

test("what is asked for after it was done is done again", () => {
  const { later, runs, done } = scheduled();
  later.ask();
  runs[0]();
  later.ask();
  runs[1]();
  assert.equal(done(), 2);
});

test("work that asks for itself is put off again", () => {
  /** @type {(() => void)[]} */
  const runs = [];
  let done = 0;
  /** @type {Later} */
  const later = new Later(
    () => {
      done += 1;
      later.ask();
    },
    (run) => runs.push(run),
  );
  later.ask();
  runs[0]();
  assert.deepEqual([done, runs.length], [1, 2]);
});
