/** Renews the signed addresses of pictures in the queue, whose items may stay for months. */

import { readSource } from "../protocol/sources.js";

/** Milliseconds between two checks of the queue. */
const EVERY = 3600e3;
/** The shortest validity of a new signature, in seconds; a shorter one can be renewed. */
const PERIOD = 7 * 24 * 3600;

/**
 * @typedef {import("./playback.js").Playback} Playback
 * @typedef {import("../library/catalogue.js").Catalogue} Catalogue
 */

export class PictureRenewal {
  #playback;
  #catalogue;

  /**
   * @param {Playback} playback
   * @param {Catalogue} catalogue
   */
  constructor(playback, catalogue) {
    this.#playback = playback;
    this.#catalogue = catalogue;
  }

  /** Renew old addresses now and regularly. */
  start() {
    setInterval(() => void this.#renew(), EVERY);
    void this.#renew();
  }

  async #renew() {
    const { current, queue } = this.#playback;
    for (const item of current ? [current, ...queue.items] : queue.items) {
      if (secondsLeft(item.poster) >= PERIOD) continue;
      this.#playback.describe(item, await this.#catalogue.about(readSource(item.source)));
    }
  }
}

/**
 * Return how many seconds an address is valid; Infinity if it is not signed.
 * @param {string | null} address
 */
function secondsLeft(address) {
  const expires = new URLSearchParams(address?.split("?")[1]).get("expires");
  return expires ? Number(expires) - Date.now() / 1000 : Infinity;
}
