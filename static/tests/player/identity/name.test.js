import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../../page/store.js";
import { PlayerName } from "../../../player/identity/name.js";
import { vectors } from "../../vectors.js";

for (const { text, name } of vectors("names").names) {
  test(`the name ${JSON.stringify(text)}`, () => {
    const store = new Store("player", () => {
      throw new Error("off");
    });
    const player = new PlayerName(store, "TV");
    if (name) player.set(text);
    else assert.throws(() => player.set(text), { code: "invalid_argument" });
    assert.equal(player.value, name || "TV");
    store.set("name", text);
    assert.equal(new PlayerName(store, "TV").value, name || "TV");
  });
}
