import assert from "node:assert/strict";
import { test } from "node:test";

import { LinkMeter } from "../../media/delivery/link-meter.js";
import { Signal } from "../../events/signal.js";

const LOADING = 2;
Object.assign(globalThis, { HTMLMediaElement: { NETWORK_LOADING: LOADING } });

/** A film of 8 Mbit/s whose buffer one fills by hand, once a second. */
class Film extends EventTarget {
  networkState = LOADING;
  currentTime = 0;
  end = 0;
  get buffered() {
    return { length: 1, start: () => 0, end: () => this.end };
  }
}

/** @param {import("node:test").TestContext} context */
function measured({ mock }) {
  let now = 0;
  mock.method(performance, "now", () => now);
  const film = new Film();
  const stream = { fetched: new Signal() };
  /** @type {number[]} */
  const rates = [];
  const meter = new LinkMeter(
    /** @type {HTMLVideoElement} */ (/** @type {unknown} */ (film)),
    /** @type {import("../../media/stream.js").Stream} */ (/** @type {unknown} */ (stream)),
    () => 8e6,
  );
  meter.changed.listen((rate) => rates.push(rate));
  meter.start();
  const grow = (/** @type {number} */ by, /** @type {number} */ times) => {
    for (; times > 0; times -= 1) {
      now += 1000;
      film.end += by;
      film.currentTime = Math.max(0, film.end - 0.5);
      film.dispatchEvent(new Event("progress"));
    }
  };
  return { film, stream, rates, grow };
}

test("a buffer that grows more slowly than the film shows what the link carries", (context) => {
  const { grow, rates } = measured(context);
  grow(0.25, 4);
  assert.deepEqual(rates, [2e6]);
});

test("a browser that has enough, or rests, says nothing of the link", (context) => {
  const { film, grow, rates } = measured(context);
  film.networkState = 1;
  grow(0.25, 9);
  film.networkState = LOADING;
  grow(9, 1);
  film.currentTime = 0;
  film.dispatchEvent(new Event("progress"));
  assert.deepEqual(rates, []);
});

test("a seek begins a new measurement", (context) => {
  const { film, grow, rates } = measured(context);
  grow(0.25, 3);
  film.dispatchEvent(new Event("seeking"));
  grow(0.5, 3);
  assert.deepEqual(rates, []);
  grow(0.5, 1);
  assert.deepEqual(rates, [4e6]);
});

test("the parts of a stream are measured", (context) => {
  const { stream, rates } = measured(context);
  for (let part = 0; part < 3; part += 1) stream.fetched.emit({ bits: 5e6, seconds: 1 });
  assert.deepEqual(rates, [5e6]);
});
