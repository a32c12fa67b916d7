/** What a page shows the broker, asked anew at each connection. */

import { ApiError } from "../protocol/errors.js";

/**
 * @typedef {import("./api.js").Credentials} Credentials
 */

export class CredentialsSource {
  #ask;
  #now;
  /** @type {Credentials | null} */
  #last = null;

  /**
   * @param {() => Promise<Credentials>} ask
   * @param {() => number} [now] Unix time in seconds
   */
  constructor(ask, now = () => Date.now() / 1000) {
    this.#ask = ask;
    this.#now = now;
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
    }
    return this.#last;
  }
}
