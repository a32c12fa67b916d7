import assert from "node:assert/strict";
import { test } from "node:test";

import { fitting, kindOf } from "../../media/subtitles/subtitle-kinds.js";
import { trackOptions } from "../../elements/choices/options.js";
import { translator } from "../../i18n/translate.js";

/** @param {string[]} labels */
function french(...labels) {
  return labels.map((label, index) => ({ id: `${index}`, label, language: "fr" }));
}

test("a label tells what subtitles are for", () => {
  for (const label of ["Français (forced)", "Français forcés", "English [Forced]", "FORCED"]) {
    assert.equal(kindOf(label), "forced", label);
  }
  for (const label of ["Français (SDH)", "English [CC]", "Français (SME)", "pour malentendants"]) {
    assert.equal(kindOf(label), "SDH", label);
  }
  for (const label of ["Français", "fr", "", "Forcést", "accent", "Hindi", "reinforced"]) {
    assert.equal(kindOf(label), "full", label);
  }
});

test("the same kind is chosen again, whatever the order", () => {
  const all = ["Français (forced)", "Français (SDH)", "Français"];
  for (const labels of [all, [...all].reverse(), [all[1], all[2], all[0]]]) {
    const tracks = french(...labels);
    const chosen = (/** @type {any} */ kind) => fitting(tracks, { language: "fr", kind })?.label;
    assert.equal(chosen("full"), "Français");
    assert.equal(chosen("SDH"), "Français (SDH)");
    assert.equal(chosen("forced"), "Français (forced)");
    assert.equal(fitting(tracks, { language: "de", kind: "full" }), undefined);
  }
});

test("another kind stands in only where it is of use", () => {
  const label = (/** @type {string[]} */ labels, /** @type {any} */ kind) =>
    fitting(french(...labels), { language: "fr", kind })?.label;
  assert.equal(label(["Français (SDH)"], "full"), "Français (SDH)");
  assert.equal(label(["Français (forced)", "Français"], "SDH"), "Français");
  assert.equal(label(["Français (forced)"], "full"), undefined);
  assert.equal(label(["Français", "Français (SDH)"], "forced"), undefined);
});

test("a label is shown in the person's language", () => {
  const [forced, sdh, plain] = french("Français (forced)", "Français (SDH)", "Français");
  const translate = translator("fr");
  const nameless = { id: "3", label: "", language: null };
  assert.deepEqual(
    trackOptions([forced, sdh, plain, nameless], translate).map(({ text }) => text),
    ["Français (forcés)", "Français (SME)", "Français", "3"],
  );
});
