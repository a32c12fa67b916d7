import assert from "node:assert/strict";
import { test } from "node:test";

import { usual } from "../../media/subtitles/usual-subtitles.js";

test("who never chose gets what helps to understand the sound", () => {
  const track = (/** @type {string} */ language, /** @type {string} */ label) => ({
    id: `${language}-${label}`,
    label,
    language,
  });
  const [en, fr] = [track("en", "English"), track("fr", "Français")];
  const [sdh, forced] = [track("fr", "Français (SDH)"), track("fr", "Français (forced)")];
  const all = [en, forced, sdh, fr];
  const idOf = (
    /** @type {string[]} */ languages,
    /** @type {string | null} */ sound,
    from = all,
  ) => usual(from, languages, sound)?.id;
  assert.equal(idOf(["fr-CA", "en"], "fra"), forced.id);
  assert.equal(idOf(["fr"], "eng"), fr.id);
  assert.equal(idOf(["fr"], "eng", [en, forced, sdh]), sdh.id);
  assert.equal(idOf(["fr"], "eng", [en, forced]), forced.id);
  assert.equal(idOf(["de", "en"], "fr"), en.id);
  assert.equal(idOf(["de"], "fr"), undefined);
  assert.equal(idOf(["en"], "en"), undefined);
  assert.equal(idOf(["fr"], null), undefined);
});
