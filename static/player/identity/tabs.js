/** Decides which of a browser's tabs is the player: the last one that claimed it. */

import { Signal } from "../../events/signal.js";

/**
 * @typedef {{ at: number, tab: string }} Claim
 */

export class Tabs {
  #channel;
  #tab;
  /** @type {Claim | null} */
  #claim = null;
  /** @type {Signal<void>} a tab has claimed the player after this one did */
  lost = new Signal();

  /**
   * @param {BroadcastChannel | null} channel null if the browser has none
   * @param {string} [tab] a unique name
   */
  constructor(channel, tab = String(Math.random())) {
    this.#channel = channel;
    this.#tab = tab;
  }

  /** Start to listen to the other tabs. */
  start() {
    if (!this.#channel) return;
    this.#channel.addEventListener("message", ({ data }) => {
      if (!this.#claim) return;
      if (isLater(data, this.#claim)) this.lost.emit();
      // the other tab may have missed this one's claim
      else this.#announce();
    });
  }

  /**
   * Become the player.
   * @param {number} [at] milliseconds of Unix time
   */
  claim(at = Date.now()) {
    this.#claim = { at, tab: this.#tab };
    this.#announce();
  }

  #announce() {
    this.#channel?.postMessage(this.#claim);
  }
}

/**
 * Return the channel between the tabs of this browser; null if it has none.
 * @param {string} name
 */
export function openChannel(name) {
  return "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
}

/**
 * @param {Claim} claim
 * @param {Claim} other
 */
function isLater(claim, other) {
  return claim.at > other.at || (claim.at === other.at && claim.tab > other.tab);
}
