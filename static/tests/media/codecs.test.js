import assert from "node:assert/strict";
import { test } from "node:test";

import { unknownPicture, unknownSound } from "../../media/codecs.js";

/** @param {import("../../library/catalogue.js").Part[]} tracks */
const about = (...tracks) =>
  /** @type {import("../../library/catalogue.js").About} */ (/** @type {unknown} */ ({ tracks }));
const canPlay = (/** @type {string} */ type) => /"(?:avc1|mp4a)/.test(type);
/** @type {import("../../library/catalogue.js").Part} */
const H264 = { kind: "video", name: "H.264", codec: "avc1.64001F" };
/** @type {import("../../library/catalogue.js").Part} */
const H265 = { kind: "video", name: "H.265", codec: "hvc1.1.6.L93.B0" };
/** @type {import("../../library/catalogue.js").Part} */
const AC3 = { kind: "audio", name: "AC-3", codec: "ac-3" };
/** @type {import("../../library/catalogue.js").Part} */
const AAC = { kind: "audio", name: "AAC", codec: "mp4a.40.2" };

test("a picture that is not decoded is named, whatever the container", () => {
  assert.equal(unknownPicture(about(H265, AAC), canPlay), "H.265");
  assert.equal(unknownPicture(about(H264, AC3), canPlay), null);
});

test("a sound is missing only if none of them is decoded", () => {
  assert.equal(unknownSound(about(H264, AC3), canPlay), "AC-3");
  assert.equal(unknownSound(about(H264, AC3, AAC), canPlay), null);
});

test("of what is not known, and of what is not there, nothing is said", () => {
  assert.equal(unknownPicture(about(), canPlay), null);
  assert.equal(unknownSound(about(H264), canPlay), null);
});
