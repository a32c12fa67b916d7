/** The player's name. */

import { Signal } from "../../events/signal.js";

export class PlayerName {
  #store;
  /** @type {Signal<void>} */
  changed = new Signal();

  /**
   * @param {import("../../page/store.js").Store} store
   * @param {string} otherwise the name until one is set
   */
  constructor(store, otherwise) {
    this.#store = store;
    const kept = store.get("name");
    this.value = typeof kept === "string" && kept ? kept : otherwise;
  }

  /** @param {string} name */
  set(name) {
    this.value = name.trim();
    this.#store.set("name", this.value);
    this.changed.emit();
  }
}
