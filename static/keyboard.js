/** What keys ask of the player: Space, arrows and `m`, where no control wants them itself. */

import { PlayerRequest } from "./player_request.js";

/**
 * @typedef {{ procedure: string, parameters: Record<string, unknown> }} Wish
 */

/** @type {Record<string, Wish>} */
const WISHES = {
  " ": { procedure: "toggle", parameters: {} },
  k: { procedure: "toggle", parameters: {} },
  ArrowLeft: { procedure: "seek/by", parameters: { offset: -10 } },
  ArrowRight: { procedure: "seek/by", parameters: { offset: 10 } },
  ArrowUp: { procedure: "volume/up", parameters: {} },
  ArrowDown: { procedure: "volume/down", parameters: {} },
  m: { procedure: "mute", parameters: {} },
};

/** Keys that a focused element of a kind uses itself. */
const OWN = [
  { elements: "button, a[href], select", keys: [" ", "Enter"] },
  { elements: "input, select, textarea", keys: Object.keys(WISHES) },
];

/**
 * Ask for what the keys say, from `page` upwards.
 * @param {Document} page
 */
export function listenToKeys(page) {
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const wish = WISHES[event.key];
    const { target } = event;
    if (!wish || !(target instanceof Element)) return;
    if (OWN.some(({ elements, keys }) => target.matches(elements) && keys.includes(event.key))) {
      return;
    }
    event.preventDefault();
    target.dispatchEvent(new PlayerRequest(wish.procedure, wish.parameters));
  });
}
