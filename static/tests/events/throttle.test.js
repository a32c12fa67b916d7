import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Throttle } from "../../events/throttle.js";

/** @param {(throttle: Throttle<number>, passed: number[], pass: (ms: number) => void) => void} body */
function timed(body) {
  return () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    let now = 0;
    /** @type {number[]} */
    const passed = [];
    const throttle = new Throttle(
      100,
      (/** @type {number} */ value) => passed.push(value),
      () => now,
    );
    const pass = (/** @type {number} */ milliseconds) => {
      now += milliseconds;
      mock.timers.tick(milliseconds);
    };
    try {
      body(throttle, passed, pass);
    } finally {
      mock.timers.reset();
    }
  };
}

test(
  "the first value passes at once, the last one at the end of the interval",
  timed((throttle, passed, pass) => {
    throttle.push(1);
    throttle.push(2);
    throttle.push(3);
    assert.deepEqual(passed, [1]);
    pass(99);
    assert.deepEqual(passed, [1]);
    assert.ok(throttle.waiting);
    pass(1);
    assert.deepEqual(passed, [1, 3]);
    assert.ok(!throttle.waiting);
  }),
);

test(
  "a slider dragged for five seconds sends 51 values and ends where the finger did",
  timed((throttle, passed, pass) => {
    for (let moment = 0; moment < 500; moment += 1) {
      throttle.push(moment);
      pass(10);
    }
    pass(100);
    assert.equal(passed.length, 51);
    assert.equal(passed[passed.length - 1], 499);
  }),
);

test(
  "flush passes what waits, and cancel forgets it",
  timed((throttle, passed, pass) => {
    throttle.push(1);
    throttle.push(2);
    throttle.flush();
    throttle.flush();
    assert.deepEqual(passed, [1, 2]);
    throttle.push(3);
    throttle.cancel();
    pass(1000);
    assert.deepEqual(passed, [1, 2]);
    throttle.push(4);
    assert.deepEqual(passed, [1, 2, 4]);
  }),
);
