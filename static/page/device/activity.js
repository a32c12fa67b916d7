/** Detects activity: a pointer moved or a key was pressed in the last seconds. */

import { Signal } from "../../events/signal.js";

const QUIET = 3500;

export class Activity {
  #page;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  present = true;
  /** @type {Signal<boolean>} */
  changed = new Signal();

  /** @param {EventTarget} page */
  constructor(page) {
    this.#page = page;
  }

  /** Start to listen. */
  start() {
    for (const type of ["pointermove", "pointerdown", "keydown", "focusin"]) {
      this.#page.addEventListener(type, () => this.note(), { passive: true });
    }
    this.note();
  }

  /** Note activity. */
  note() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#become(false), QUIET);
    this.#become(true);
  }

  /** @param {boolean} present */
  #become(present) {
    if (present === this.present) return;
    this.present = present;
    this.changed.emit(present);
  }
}
