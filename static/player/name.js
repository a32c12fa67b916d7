/** What the player is called. */

import { Signal } from "../events/signal.js";

export class PlayerName {
  /**
   * @param {import("../page/store.js").Store} store
   * @param {string} otherwise its name until people give it one
   */
  constructor(store, otherwise) {
    /** @private */
    this._store = store;
    const kept = store.get("name");
    this.value = typeof kept === "string" && kept ? kept : otherwise;
    /** @type {Signal<void>} */
    this.changed = new Signal();
  }

  /** @param {string} name */
  set(name) {
    this.value = name.trim();
    this._store.set("name", this.value);
    this.changed.emit();
  }
}
