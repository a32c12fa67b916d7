import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { Abilities } from "../../media/delivery/abilities.js";

const FILM = 'video/mp4; codecs="avc1.64001f"';
const source = { isTypeSupported: (/** @type {string} */ type) => type === FILM };
const abilities = new Abilities(/** @type {HTMLVideoElement} */ ({}));

/** @param {Record<string, unknown>} window */
function browser(window) {
  Object.defineProperty(globalThis, "window", { value: window, configurable: true });
}

afterEach(() => {
  Reflect.deleteProperty(globalThis, "window");
});

for (const name of ["MediaSource", "ManagedMediaSource"]) {
  test(`streams are played with ${name}`, () => {
    browser({ [name]: source });
    assert.deepEqual([abilities.streams(FILM), abilities.streams("video/none")], [true, false]);
  });
}

test("a browser with neither plays no streams", () => {
  browser({});
  assert.equal(abilities.streams(FILM), false);
});
