/** What a page remembers in its browser: one JSON object under one key of localStorage. */

import { isRecord } from "../protocol/messages.js";

export class Store {
  #key;
  #storage;
  /** @type {Record<string, unknown> | null} read when it is first asked for: that waits */
  #values = null;

  /**
   * @param {string} key
   * @param {() => Storage} storage a function, because merely asking for it may be forbidden
   */
  constructor(key, storage) {
    this.#key = key;
    this.#storage = storage;
  }

  /**
   * Return what is remembered under `name`, undefined if nothing is.
   * @param {string} name
   * @returns {unknown}
   */
  get(name) {
    if (!this.#values) this.#values = this.#read();
    return this.#values[name];
  }

  /**
   * Remember `value`; for as long as the page lives if the browser forbids more.
   * @param {string} name
   * @param {unknown} value undefined forgets
   */
  set(name, value) {
    this.#values = { ...(this.#values ?? this.#read()), [name]: value };
    try {
      this.#storage().setItem(this.#key, JSON.stringify(this.#values));
    } catch {
      // Storage is off or full: the page works without.
    }
  }

  #read() {
    try {
      const values = JSON.parse(this.#storage().getItem(this.#key) || "{}");
      return isRecord(values) ? values : {};
    } catch {
      return {};
    }
  }
}
