import assert from "node:assert/strict";
import { test } from "node:test";

import { DELIVERY_TEXTS, describeDelivery } from "../../i18n/delivery-texts.js";
import { REASONS } from "../../media/delivery/decision.js";

test("both languages have a text for every reason and choice", () => {
  for (const { reasons, choices } of Object.values(DELIVERY_TEXTS)) {
    assert.deepEqual(Object.keys(reasons).sort(), [...REASONS].sort());
    assert.deepEqual(Object.keys(choices), ["title", "auto", "direct", "remux", "transcode"]);
  }
});

test("a delivery is told in one line", () => {
  const sound = { kind: /** @type {const} */ ("remux"), reason: "sound", speed: 2.5, codec: "DTS" };
  assert.equal(describeDelivery(sound, "en"), "The sound is converted (DTS) · 2.5 ×");
  assert.equal(describeDelivery(sound, "fr"), "Le son est converti (DTS) · 2,5\u202f×");
  const direct = { kind: /** @type {const} */ ("direct"), reason: "plays", speed: null };
  assert.equal(describeDelivery(direct, "en"), "The original file");
  assert.equal(describeDelivery({ ...direct, reason: "of a later version" }, "en"), "");
});
