/** What a page shows the broker, asked again at each connection, and before it expires. */

import { ApiError } from "../protocol/errors.js";

/** The part of a lifetime after which new credentials are asked for. */
const RENEWED_AFTER = 0.8;
/** Milliseconds; browsers take a longer time for none. */
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
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** @type {() => void} */
  #admit = () => {};
  /** Resolves once there were credentials: the library opens with them. */
  admitted = new Promise((/** @type {(_: void) => void} */ resolve) => {
    this.#admit = resolve;
  });

  /**
   * @param {() => Promise<Credentials>} ask
   * @param {object} [options]
   * @param {boolean} [options.lasting] ask for new ones before they expire, for as long as the page is
   *   open
   * @param {() => number} [options.now] Unix time in seconds
   */
  constructor(ask, { lasting = false, now = () => Date.now() / 1000 } = {}) {
    this.#ask = ask;
    this.#now = now;
    this.#lasting = lasting;
  }

  /**
   * Return fresh credentials; the last ones while the web server is away and they have not expired.
   * @returns {Promise<Credentials>}
   */
  async get() {
    try {
      this.#last = await this.#ask();
    } catch (error) {
      const away = error instanceof ApiError && error.passing;
      if (!away || !this.#last || this.#last.expires_at <= this.#now()) throw error;
      return this.#last;
    }
    this.#admit();
    this.#renewBeforeEnd(this.#last);
    return this.#last;
  }

  /**
   * Ask again before the credentials expire: the broker then ends the connection, and a film that
   * plays must not lose its right to the library meanwhile.
   *
   * @param {Credentials} credentials
   */
  #renewBeforeEnd({ expires_in }) {
    clearTimeout(this.#timer);
    if (!this.#lasting || !expires_in) return;
    const wait = Math.min(LONGEST, expires_in * 1000 * RENEWED_AFTER);
    // If it fails, the connection asks when it is made again.
    this.#timer = setTimeout(() => void this.get().catch(() => {}), wait);
  }
}
