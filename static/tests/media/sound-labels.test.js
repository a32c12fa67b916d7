import assert from "node:assert/strict";
import { test } from "node:test";

import { soundLabel } from "../../media/sounds/sound-labels.js";

/** @type {import("../../library/catalogue.js").Part} */
const SOUND = { kind: "audio", name: "DTS", codec: "dtsc" };

test("a sound is called by its language, title and format", () => {
  assert.equal(soundLabel({ ...SOUND, language: "fre", channels: 6 }, 0), "Français · DTS 5.1");
  assert.equal(
    soundLabel({ ...SOUND, language: "en", title: "Commentary", channels: 2 }, 1),
    "English · Commentary · DTS stereo",
  );
  assert.equal(soundLabel({ ...SOUND, language: "de", title: "Deutsch" }, 1), "Deutsch · DTS");
});

test("a sound of which nothing is known has its number", () => {
  assert.equal(soundLabel(SOUND, 1), "2 · DTS");
  assert.equal(soundLabel({ ...SOUND, language: "??", channels: 5 }, 0), "?? · DTS 5 ch");
});
