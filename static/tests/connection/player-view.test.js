import assert from "node:assert/strict";
import { test } from "node:test";

import { remoteNotice, playerNotice } from "../../page/connection-notices.js";
import { ApiError, TransportError } from "../../protocol/errors.js";
import {
  UNKNOWN,
  availabilityReported,
  currentPosition,
  disconnected,
  isPlayerState,
  stateReported,
} from "../../connection/player-view.js";

const STATE = /** @type {import("../../protocol/player-state.js").PlayerState} */ ({
  version: 1,
  name: "TV",
  playing: true,
  buffering: false,
  position: 10,
  duration: 60,
  rate: 1,
  volume: 40,
  gesture_required: false,
  error: null,
  can: ["play"],
});
const LIVE = stateReported(UNKNOWN, STATE, { retained: false, now: 100 });

test("a retained state is shown, but never as live", () => {
  const view = stateReported(UNKNOWN, STATE, { retained: true, now: 100 });
  assert.equal(view.state, STATE);
  assert.equal(view.live, false);
  assert.equal(currentPosition(view, 130), 10);
});

test("a retained state does not replace a live one", () => {
  const old = { ...STATE, volume: 1 };
  assert.equal(stateReported(LIVE, old, { retained: true, now: 101 }), LIVE);
});

test("a live state counts on from the receiver's own clock", () => {
  assert.equal(LIVE.live, true);
  assert.equal(LIVE.availability, "online");
  assert.equal(currentPosition(LIVE, 105), 15);
});

test("a lost connection or player ends what was live, and the clock stands still", () => {
  for (const view of [disconnected(LIVE, 105), availabilityReported(LIVE, false, 105)]) {
    assert.equal(view.live, false);
    assert.equal(currentPosition(view, 200), 15);
  }
  assert.equal(disconnected(LIVE, 105).availability, "unknown");
  assert.equal(availabilityReported(UNKNOWN, true, 105).live, false);
});

test("what is no state of a player is not shown", () => {
  assert.ok(isPlayerState(STATE));
  assert.ok(isPlayerState({ ...STATE, later: 1 }));
  for (const value of [null, 3, "x", [], {}, { ...STATE, version: 2 }, { ...STATE, can: "all" }]) {
    assert.ok(!isPlayerState(value), JSON.stringify(value));
  }
});

const why = new ApiError("invalid_request", "why", 400);

test("a remote says in words how it stands", () => {
  const offline = availabilityReported(LIVE, false, 0);
  const gesture = { ...LIVE, state: { ...STATE, gesture_required: true } };
  const failed = {
    ...LIVE,
    state: { ...STATE, error: { code: "media_error", message: "a.webm" } },
  };
  /** @type {(status: import("../../connection/connection.js").Status, problem: Error | null, view: typeof LIVE) => string} */
  const text = (...parts) => remoteNotice(...parts, "remote").text;
  assert.equal(text("connecting", null, UNKNOWN), "connection.connecting");
  assert.equal(text("live", null, UNKNOWN), "remote.waiting");
  assert.equal(text("live", null, LIVE), "connection.live");
  assert.equal(text("live", null, offline), "remote.player_off");
  assert.equal(text("live", null, gesture), "remote.gesture");
  assert.deepEqual(remoteNotice("live", null, failed, "remote").problem, {
    ...failed.state.error,
    source: STATE.source,
  });
  assert.equal(text("offline", new TransportError(""), LIVE), "remote.lost");
  assert.equal(text("refused", new ApiError("wrong_key", "", 403), LIVE), "remote.old_code");
  assert.equal(remoteNotice("refused", why, LIVE, "remote").problem, why);
  assert.equal(text("taken-over", null, LIVE), "remote.taken_over");
  assert.equal(remoteNotice("live", null, LIVE, "guest").text, "remote.guest");
});

test("a player says in words how it stands", () => {
  assert.equal(playerNotice("live", null).kind, "good");
  assert.equal(playerNotice("offline", null).text, "player.lost");
  assert.equal(playerNotice("offline", why).problem, null);
  const silent = new ApiError("unavailable", "x", 503, { reason: "database_silent" });
  assert.equal(playerNotice("offline", silent).problem, silent);
  assert.equal(playerNotice("refused", why).problem, why);
  assert.equal(playerNotice("taken-over", null).text, "takeover.title");
});
