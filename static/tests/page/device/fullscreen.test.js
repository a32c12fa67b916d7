import assert from "node:assert/strict";
import { test } from "node:test";

import { Fullscreen } from "../../../page/device/fullscreen.js";

test("a browser without full screen, as on an iPhone, is never in it", () => {
  const { on, available } = new Fullscreen(/** @type {Document} */ ({}));
  assert.deepEqual([on, available], [false, false]);
});
