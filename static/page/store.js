/**
 * A page's storage in its browser: one JSON object under one key of localStorage, which other tabs
 * may change too.
 */

import { isRecord } from "../protocol/messages.js";

export class Store {
  #key;
  #storage;
  /** @type {Record<string, unknown>} as far as they are known */
  #values = {};
  /** the last value was not stored, so that the storage has older ones */
  #isAhead = false;

  /**
   * @param {string} key
   * @param {() => Storage} storage a function, because access may be forbidden
   */
  constructor(key, storage) {
    this.#key = key;
    this.#storage = storage;
  }

  /**
   * Return the value of `name`; undefined if there is none.
   * @param {string} name
   * @returns {unknown}
   */
  get(name) {
    return this.#latest()[name];
  }

  /**
   * Store `value`, only until the page closes if the browser forbids more.
   * @param {string} name
   * @param {unknown} value undefined to remove it
   */
  set(name, value) {
    this.#values = { ...this.#latest(), [name]: value };
    try {
      this.#storage().setItem(this.#key, JSON.stringify(this.#values));
      this.#isAhead = false;
    } catch {
      // storage is off or full; the page works without it
      this.#isAhead = true;
    }
  }

  #latest() {
    if (!this.#isAhead) this.#values = this.#read() ?? this.#values;
    return this.#values;
  }

  /** Return the stored values; null if there are none that can be read. */
  #read() {
    try {
      const values = JSON.parse(this.#storage().getItem(this.#key) || "null");
      return isRecord(values) ? values : null;
    } catch {
      return null;
    }
  }
}
