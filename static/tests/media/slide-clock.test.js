import assert from "node:assert/strict";
import { test } from "node:test";

import { SlideClock } from "../../media/display/slide-clock.js";

const SECONDS = 8;

/** @returns {{ clock: SlideClock, pass: (seconds: number) => void }} */
function started() {
  let now = 100;
  const clock = new SlideClock(() => now, SECONDS);
  return { clock, pass: (seconds) => void (now += seconds) };
}

test("a slide is over after its seconds, and begins again", () => {
  const { clock, pass } = started();
  clock.run();
  pass(SECONDS - 1);
  assert.equal(clock.position, SECONDS - 1);
  assert.equal(clock.remaining, 1);
  assert.ok(!clock.isOver);
  pass(5);
  assert.equal(clock.position, SECONDS);
  assert.ok(clock.isOver);
  clock.halt();
  clock.run();
  assert.equal(clock.position, 0);
});

test("a paused slide stays where it is", () => {
  const { clock, pass } = started();
  pass(3);
  assert.equal(clock.position, 0);
  clock.run();
  pass(2);
  clock.halt();
  pass(60);
  assert.equal(clock.position, 2);
  assert.ok(!clock.runs);
  clock.run();
  pass(1);
  assert.equal(clock.position, 3);
});

test("one seeks while it runs and while it does not, within the slide", () => {
  const { clock, pass } = started();
  clock.position = 5;
  clock.run();
  pass(1);
  assert.equal(clock.position, 6);
  clock.position = -1;
  pass(1);
  assert.equal(clock.position, 1);
  clock.position = 60;
  assert.ok(clock.isOver);
});

test("another speed changes what is to come only", () => {
  const { clock, pass } = started();
  clock.run();
  pass(2);
  clock.rate = 2;
  assert.equal(clock.position, 2);
  assert.equal(clock.remaining, 3);
  pass(2);
  assert.equal(clock.position, 6);
});
