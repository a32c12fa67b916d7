/** The page's credentials, requested for each connection and before they expire. */

import { ApiError } from "../protocol/errors.js";

/** The part of the lifetime after which new credentials are requested. */
const RENEWED_AFTER = 0.8;
/** Milliseconds; browsers treat a longer delay as 0. */
const LONGEST = 2 ** 31 - 1;

/**
 * @typedef {import("./api.js").Credentials} Credentials
 */

export class CredentialsSource {
  #ask;
  #now;
  #lasting;
  /** @type {Credentials | null} */
  #last = null;
  /** Unix time in seconds, by the clock of this device, at which the last ones expire */
  #end = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** @type {() => void} */
  #admit = () => {};
  /** Resolves with the first credentials, which give access to the library. */
  admitted = new Promise((/** @type {(_: void) => void} */ resolve) => {
    this.#admit = resolve;
  });

  /**
   * @param {() => Promise<Credentials>} ask
   * @param {object} [options]
   * @param {boolean} [options.lasting] request new ones before they expire
   * @param {() => number} [options.now] Unix time in seconds
   */
  constructor(ask, { lasting = false, now = () => Date.now() / 1000 } = {}) {
    this.#ask = ask;
    this.#now = now;
    this.#lasting = lasting;
  }

  /**
   * Return new credentials; the last ones if the web server is away and they have not expired,
   * without links, which a new code may have ended since.
   * @returns {Promise<Credentials>}
   */
  async get() {
    try {
      this.#last = await this.#ask();
    } catch (error) {
      const away = error instanceof ApiError && error.passing;
      if (!away || !this.#last || this.#end <= this.#now()) throw error;
      return { ...this.#last, links: undefined };
    }
    const { expires_in, expires_at } = this.#last;
    this.#end = expires_in ? this.#now() + expires_in : expires_at;
    this.#admit();
    this.#renewBeforeEnd(this.#last);
    return this.#last;
  }

  /**
   * Request new credentials before they expire: the broker then ends the connection, and a film
   * that plays needs access to the library.
   *
   * @param {Credentials} credentials
   */
  #renewBeforeEnd({ expires_in }) {
    clearTimeout(this.#timer);
    if (!this.#lasting || !expires_in) return;
    const wait = Math.min(LONGEST, expires_in * 1000 * RENEWED_AFTER);
    // after a failure, the next connection requests them
    this.#timer = setTimeout(() => void this.get().catch(() => {}), wait);
  }
}
