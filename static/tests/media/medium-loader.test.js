import assert from "node:assert/strict";
import { test } from "node:test";

import { MediumLoader } from "../../media/delivery/medium-loader.js";

const SOURCE = { source: "media/a.mp4", url: "media/a.mp4", title: "a", path: "a.mp4" };

/** A display whose medium opens at once, and whose seek ends with a call of `arrive`. */
class SlowDisplay {
  screen = Object.assign(new EventTarget(), {
    error: null,
    videoWidth: 0,
    seeking: false,
    currentTime: 0,
    duration: 52,
  });
  isSeekable = true;
  /** @type {number[]} */
  sought = [];
  arrive = () => {};

  release() {}
  choose() {}
  supersede() {}
  hold() {}

  open() {
    queueMicrotask(() => this.screen.dispatchEvent(new Event("loadedmetadata")));
  }

  /** @param {number} position */
  seek(position) {
    this.sought.push(position);
    return /** @type {Promise<void>} */ (new Promise((done) => (this.arrive = done)));
  }
}

const turn = () => new Promise((done) => setImmediate(done));

/** @param {SlowDisplay} display */
function loaderOf(display) {
  const delivery = { way: {}, hasPicture: false, begin: () => {} };
  const abilities = { smooth: () => Promise.resolve(true) };
  return new MediumLoader(
    /** @type {any} */ (display),
    /** @type {any} */ (delivery),
    /** @type {any} */ (abilities),
  );
}

test("a seek waits until a load has reached its start", async () => {
  const display = new SlowDisplay();
  const loader = loaderOf(display);
  let isOpened = false;

  void loader.load(SOURCE, { position: 7 });
  await turn();
  void loader.opened().then(() => (isOpened = true));
  await turn();

  assert.deepEqual(display.sought, [7]);
  assert.equal(isOpened, false);
  display.arrive();
  await turn();
  assert.equal(isOpened, true);
});

test("a medium that is loaded again is held until it has arrived by itself", async () => {
  const display = new SlowDisplay();
  const loader = loaderOf(display);
  await loader.load(SOURCE, {});
  display.screen.currentTime = 4;

  // as hls.js does before the metadata is there
  display.screen.seeking = true;
  const reopened = loader.reopen();
  await turn();
  assert.deepEqual(display.sought, []);
  assert.equal(loader.held?.position, 4);
  display.screen.dispatchEvent(new Event("seeked"));
  await reopened;
  assert.equal(loader.held, null);
});
