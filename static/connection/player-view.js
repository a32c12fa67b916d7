/** What a remote knows of its player, and whether it is current; no I/O. */

import { positionAt } from "../protocol/player-state.js";

/**
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
 *
 * @typedef {object} PlayerView
 * @property {"unknown" | "online" | "offline"} availability
 * @property {PlayerState | null} state the last one received
 * @property {number} heardAt when, in seconds on the receiver's own clock
 * @property {boolean} live whether the state is current
 */

/** @type {PlayerView} */
export const UNKNOWN = { availability: "unknown", state: null, heardAt: 0, live: false };

/**
 * Return the view after the connection is lost.
 * @param {PlayerView} view
 * @param {number} now
 * @returns {PlayerView}
 */
export function disconnected(view, now) {
  return { ...frozen(view, now), availability: "unknown" };
}

/**
 * Return the view after the player, or its will, has published its availability.
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
 * Return the view after the player has published or answered its state.
 *
 * A retained state is shown, but not as current.
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
 * Return the present position, in seconds; it does not advance while the view is not live.
 * @param {PlayerView} view
 * @param {number} now seconds on the receiver's own clock
 */
export function currentPosition({ state, heardAt, live }, now) {
  if (!state) return 0;
  return live ? positionAt(state, now - heardAt) : state.position;
}

/**
 * Return a view that is no longer live, with the present position.
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
 * Return whether `value` can be shown as a state; unknown fields are ignored.
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
