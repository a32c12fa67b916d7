/** The player's name. */

import { Signal } from "../../events/signal.js";
import { CallError } from "../../protocol/errors.js";
import { plainName } from "../../protocol/names.js";

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
    this.value = (typeof kept === "string" && plainName(kept)) || otherwise;
  }

  /**
   * Set it; throws `invalid_argument` if nothing of it can be seen.
   *
   * @param {string} name
   */
  set(name) {
    const value = plainName(name);
    if (!value) throw new CallError("invalid_argument", "name: a character to see is needed");
    this.value = value;
    this.#store.set("name", this.value);
    this.changed.emit();
  }
}
