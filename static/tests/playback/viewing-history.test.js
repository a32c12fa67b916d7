import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../page/store.js";
import { ViewingHistory } from "../../playback/viewing-history.js";

test("the position is kept every few seconds although the clock is set back", ({ mock }) => {
  let [seconds, clock] = [0, 1e9];
  mock.method(performance, "now", () => seconds * 1000);
  mock.method(Date, "now", () => clock * 1000);
  const store = new Store("zapette.playback", () => {
    throw new Error("no storage");
  });
  const history = new ViewingHistory(store);
  assert.ok(history.isDue);
  const item = { id: "1", title: "Film", source: "media/film.webm", poster: null, duration: null };
  const state = { loaded: true, position: 60, duration: 600, ended: false };
  history.keep(item, /** @type {import("../../media/media-state.js").MediaState} */ (state));
  assert.equal(history.places[0].at, clock);
  assert.ok(!history.isDue);
  clock -= 3600;
  seconds += 5;
  assert.ok(history.isDue);
});
