/** Which of a browser's tabs is the player: the one that claimed it last. */

import { Signal } from "../events/signal.js";

/**
 * @typedef {{ at: number, tab: string }} Claim
 */

export class Tabs {
  /**
   * @param {BroadcastChannel | null} channel null where the browser has none
   * @param {string} [tab] a name that no other tab has
   */
  constructor(channel, tab = String(Math.random())) {
    /** @private */
    this._channel = channel;
    /** @private */
    this._tab = tab;
    /** @private @type {Claim | null} */
    this._claim = null;
    /** @type {Signal<void>} a tab has claimed the player after this one did */
    this.lost = new Signal();
  }

  /** Begin to listen to the other tabs. */
  start() {
    if (!this._channel) return;
    this._channel.addEventListener("message", ({ data }) => {
      if (!this._claim) return;
      if (isLater(data, this._claim)) this.lost.emit();
      // The other tab may have begun to listen only after this one's claim.
      else this._announce();
    });
  }

  /** Be the player from now on. */
  claim() {
    this._claim = { at: Date.now(), tab: this._tab };
    this._announce();
  }

  /** @private */
  _announce() {
    if (this._channel) this._channel.postMessage(this._claim);
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
