import assert from "node:assert/strict";
import { test } from "node:test";

import { placeAt } from "../../../player/elements/drift.js";

test("each place is inside, far from the one before, and all of the screen is used alike", () => {
  const fields = new Map();
  for (let step = 0; step < 900; step += 1) {
    const { x, y } = placeAt(step);
    assert.ok(x >= 0 && x < 1 && y >= 0 && y < 1);
    const next = placeAt(step + 1);
    assert.ok(Math.hypot(next.x - x, next.y - y) > 0.2);
    const field = `${Math.floor(x * 3)} ${Math.floor(y * 3)}`;
    fields.set(field, (fields.get(field) || 0) + 1);
  }
  assert.equal(fields.size, 9);
  for (const count of fields.values()) assert.ok(count > 90 && count < 110, `${count}`);
});
