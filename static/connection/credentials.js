/** What a page shows the broker, asked anew at each connection. */

import { ApiError } from "../protocol/errors.js";

/**
 * @typedef {import("./api.js").Credentials} Credentials
 */

export class CredentialsSource {
  /**
   * @param {() => Promise<Credentials>} ask
   * @param {() => number} [now] Unix time in seconds
   */
  constructor(ask, now = () => Date.now() / 1000) {
    /** @private */
    this._ask = ask;
    /** @private */
    this._now = now;
    /** @private @type {Credentials | null} */
    this._last = null;
  }

  /**
   * Return fresh credentials; the last ones while the web server is away and they have not expired.
   * @returns {Promise<Credentials>}
   */
  async get() {
    try {
      this._last = await this._ask();
    } catch (error) {
      const away = error instanceof ApiError && error.passing;
      if (!away || !this._last || this._last.expires_at <= this._now()) throw error;
    }
    return this._last;
  }
}
