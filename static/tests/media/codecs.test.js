import assert from "node:assert/strict";
import { test } from "node:test";

import { isDecoded } from "../../media/delivery/codecs.js";

const canPlay = (/** @type {string} */ type) => type === 'audio/mp4; codecs="mp4a.40.2"';

test("a codec that is decoded in one container is decoded", () => {
  assert.ok(isDecoded({ kind: "audio", name: "AAC", codec: "mp4a.40.2" }, canPlay));
  assert.ok(!isDecoded({ kind: "audio", name: "AC-3", codec: "ac-3" }, canPlay));
});
