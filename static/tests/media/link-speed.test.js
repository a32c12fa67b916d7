import assert from "node:assert/strict";
import { test } from "node:test";

import { Link } from "../../media/delivery/link-speed.js";

/**
 * Note transfers of a second each; return the rates that the link was then said to have.
 * @param {Link} link
 * @param {number[]} rates bits per second
 */
const told = (link, ...rates) =>
  rates.filter((bits) => link.note({ bits, seconds: 1 })).map(() => link.rate);

test("a link has a rate after three seconds of transfers", () => {
  const link = new Link();
  assert.deepEqual(told(link, 10, 10), []);
  assert.equal(link.rate, null);
  assert.deepEqual(told(link, 10), [10]);
});

test("a rate changes only when the link is much slower or faster", () => {
  const link = new Link();
  told(link, 10, 10, 10);
  assert.deepEqual(told(link, 8, 8, 8, 19, 19, 19), []);
  assert.deepEqual(told(link, 6, 6, 6), [6]);
  assert.deepEqual(told(link, 6, 6, 6, 10, 10), []);
  // once it is twice what it was
  assert.deepEqual(told(link, 16, 16), [12]);
});

test("transfers before and after a pause are no figure together", () => {
  const link = new Link();
  told(link, 10, 10);
  link.interrupt();
  assert.deepEqual(told(link, 2, 2), []);
  assert.deepEqual(told(link, 2), [2]);
});

test("what took no time says nothing", () => {
  const link = new Link();
  assert.equal(link.note({ bits: 1e9, seconds: 0 }), false);
  assert.equal(link.note({ bits: 1e9, seconds: NaN }), false);
  assert.equal(link.rate, null);
});
