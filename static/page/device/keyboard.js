/** The player's keys, unless a focused control uses them. */

import { PlayerRequest } from "../../events/player-request.js";
import { RATE } from "../../protocol/ranges.js";

/**
 * @typedef {{ procedure: string, parameters: Record<string, unknown> }} Wish
 * @typedef {import("../../protocol/player-state.js").PlayerState} PlayerState
 */

/** The step of the rate. */
const RATE_STEP = 0.25;

/** @type {Record<string, Wish>} */
const WISHES = {
  " ": { procedure: "toggle", parameters: {} },
  k: { procedure: "toggle", parameters: {} },
  ArrowLeft: { procedure: "seek/by", parameters: { offset: -10 } },
  ArrowRight: { procedure: "seek/by", parameters: { offset: 10 } },
  ArrowUp: { procedure: "volume/up", parameters: {} },
  ArrowDown: { procedure: "volume/down", parameters: {} },
  f: { procedure: "fullscreen", parameters: {} },
  m: { procedure: "mute", parameters: {} },
  n: { procedure: "next", parameters: {} },
  p: { procedure: "previous", parameters: {} },
};

/** @type {Record<string, number>} the keys that change the rate */
const RATE_STEPS = { "[": -RATE_STEP, "]": RATE_STEP };

/** What a key does again while it is held down. */
const REPEATED = ["seek/by", "volume/up", "volume/down"];
const KEYS = [...Object.keys(WISHES), ...Object.keys(RATE_STEPS)];

/** The keys that focused elements use, by their kind. */
const OWN = [
  { elements: "button, select", keys: [" ", "Enter"] },
  { elements: "input, select, textarea", keys: KEYS },
];

/**
 * Dispatch a request from `page` for each key whose procedure works now.
 * @param {Document} page
 * @param {() => PlayerState | null} state the last one reported
 */
export function listenToKeys(page, state) {
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { key, target } = event;
    const reported = state();
    const wish = wishOf(key, reported);
    if (!wish || !(target instanceof Element)) return;
    if (OWN.some(({ elements, keys }) => target.matches(elements) && keys.includes(key))) return;
    if (reported && !reported.can.includes(wish.procedure)) return;
    event.preventDefault();
    if (event.repeat && !REPEATED.includes(wish.procedure)) return;
    target.dispatchEvent(new PlayerRequest(wish.procedure, wish.parameters));
  });
}

/**
 * @param {string} key
 * @param {PlayerState | null} state
 * @returns {Wish | undefined}
 */
function wishOf(key, state) {
  const step = RATE_STEPS[key];
  if (step === undefined || !state) return WISHES[key];
  const factor = Math.round((state.rate + step) / RATE_STEP) * RATE_STEP;
  const inside = Math.min(RATE.most, Math.max(RATE.least, factor));
  return { procedure: "rate", parameters: { factor: inside } };
}
