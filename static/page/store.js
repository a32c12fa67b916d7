/** What a page remembers in its browser: one JSON object under one key of localStorage. */

import { isRecord } from "../protocol/messages.js";

export class Store {
  /**
   * @param {string} key
   * @param {() => Storage} storage a function, because merely asking for it may be forbidden
   */
  constructor(key, storage) {
    /** @private */
    this._key = key;
    /** @private */
    this._storage = storage;
    /** @private @type {Record<string, unknown> | null} read when it is first asked for: that waits */
    this._values = null;
  }

  /**
   * Return what is remembered under `name`, undefined if nothing is.
   * @param {string} name
   * @returns {unknown}
   */
  get(name) {
    if (!this._values) this._values = this._read();
    return this._values[name];
  }

  /**
   * Remember `value`; for as long as the page lives if the browser forbids more.
   * @param {string} name
   * @param {unknown} value undefined forgets
   */
  set(name, value) {
    this._values = { ...(this._values || this._read()), [name]: value };
    try {
      this._storage().setItem(this._key, JSON.stringify(this._values));
    } catch {
      // Storage is off or full: the page works without.
    }
  }

  /** @private */
  _read() {
    try {
      const values = JSON.parse(this._storage().getItem(this._key) || "{}");
      return isRecord(values) ? values : {};
    } catch {
      return {};
    }
  }
}
