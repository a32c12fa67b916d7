import assert from "node:assert/strict";
import { test } from "node:test";

import { MediumLoader } from "../../media/delivery/medium-loader.js";

const SOURCE = { source: "media/a.mp4", url: "media/a.mp4", title: "a", path: "a.mp4" };

/** A display whose medium opens at once, and whose seek ends with a call of `arrive`. */
class SlowDisplay {
  screen = Object.assign(new EventTarget(), {
    error: /** @type {object | null} */ (null),
    videoWidth: 0,
    seeking: false,
    currentTime: 0,
    duration: 52,
  });
  isSeekable = true;
  /** @type {number[]} */
  sought = [];
  arrive = () => {};

  /** Fail in the middle of a seek, as an element does whose film was deleted. */
  break() {
    this.screen.error = { code: 2, message: "" };
    this.arrive();
  }

  release() {}
  choose() {}
  supersede() {}
  close() {
    this.screen.error = null;
  }
  hold() {}

  open() {}
  async opened() {}

  /** @param {number} position */
  seek(position) {
    this.sought.push(position);
    return /** @type {Promise<void>} */ (new Promise((done) => (this.arrive = done)));
  }
}

const turn = () => new Promise((done) => setImmediate(done));

/**
 * @param {SlowDisplay} display
 * @param {number} others how many other ways there are to play a medium
 */
function loaderOf(display, others = 0) {
  const delivery = {
    way: {},
    hasPicture: false,
    fileFlaw: null,
    begin: () => {},
    fail: () => others-- > 0,
    canFallBack: () => others > 0,
  };
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

test("a seek in a medium that fails there is refused", async () => {
  const display = new SlowDisplay();
  const loader = loaderOf(display);
  await loader.load(SOURCE, {});

  const sought = loader.seek(40);
  await turn();
  display.break();
  await assert.rejects(sought, { code: "media_error" });
});

test("a load that fails on the way to its start is refused", async () => {
  const display = new SlowDisplay();
  const loader = loaderOf(display);

  const loaded = loader.load(SOURCE, { position: 40 });
  await turn();
  display.break();
  await assert.rejects(loaded, { code: "media_error" });
});

test("a load that fails on the way to its start continues in another way", async () => {
  const display = new SlowDisplay();
  const loader = loaderOf(display, 1);

  const loaded = loader.load(SOURCE, { position: 40 });
  await turn();
  display.break();
  await turn();
  assert.deepEqual(display.sought, [40, 40]);
  display.arrive();
  await loaded;
  assert.equal(loader.failure, null);
});
