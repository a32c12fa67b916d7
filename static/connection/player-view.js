/** What a remote knows of its player, and whether that is the truth now; no I/O. */

import { positionAt } from "../protocol/player-state.js";

/**
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
 *
 * @typedef {object} PlayerView
 * @property {"unknown" | "online" | "offline"} availability
 * @property {PlayerState | null} state the last one heard of
 * @property {number} heardAt when, in seconds on the receiver's own clock
 * @property {boolean} live the state is the player's present one
 */

/** @type {PlayerView} */
export const UNKNOWN = { availability: "unknown", state: null, heardAt: 0, live: false };

/**
 * The connection is gone: nothing known is sure any more.
 * @param {PlayerView} view
 * @param {number} now
 * @returns {PlayerView}
 */
export function disconnected(view, now) {
  return { ...frozen(view, now), availability: "unknown" };
}

/**
 * The player, or its will, has said whether it is there.
 * @param {PlayerView} view
 * @param {boolean} online
 * @param {number} now
 * @returns {PlayerView}
 */
export function availabilityReported(view, online, now) {
  return online
    ? { ...view, availability: "online" }
    : { ...frozen(view, now), availability: "offline" };
}

/**
 * The player has published its state, or told it in an answer.
 *
 * A retained state is an old one: it is shown, but as nothing that holds now.
 * @param {PlayerView} view
 * @param {PlayerState} state
 * @param {{ retained: boolean, now: number }} how
 * @returns {PlayerView}
 */
export function stateReported(view, state, { retained, now }) {
  if (retained) return view.live ? view : { ...view, state, heardAt: now };
  return { availability: "online", state, heardAt: now, live: true };
}

/**
 * Return where the medium is now, in seconds; it stands still while nothing is known.
 * @param {PlayerView} view
 * @param {number} now seconds on the receiver's own clock
 */
export function currentPosition({ state, heardAt, live }, now) {
  if (!state) return 0;
  return live ? positionAt(state, now - heardAt) : state.position;
}

/**
 * Keep what is known as it is now, no longer live; the medium stays where it was last seen.
 * @param {PlayerView} view
 * @param {number} now
 * @returns {PlayerView}
 */
function frozen(view, now) {
  const { state } = view;
  const position = currentPosition(view, now);
  return { ...view, state: state && { ...state, position }, heardAt: now, live: false };
}

/**
 * Tell whether `value` can be shown as a state; unknown fields are ignored.
 * @param {unknown} value
 * @returns {value is PlayerState}
 */
export function isPlayerState(value) {
  if (typeof value !== "object" || value === null) return false;
  const state = /** @type {Record<string, unknown>} */ (value);
  return (
    state.version === 1 &&
    typeof state.name === "string" &&
    typeof state.playing === "boolean" &&
    typeof state.position === "number" &&
    typeof state.volume === "number" &&
    Array.isArray(state.can)
  );
}
