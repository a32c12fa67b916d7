/** Whether somebody is there: a pointer or a key has moved in the last seconds. */

import { Signal } from "../events/signal.js";

const QUIET = 3500;

export class Activity {
  /** @param {EventTarget} page */
  constructor(page) {
    /** @private */
    this._page = page;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    this.present = true;
    /** @type {Signal<boolean>} */
    this.changed = new Signal();
  }

  /** Begin to watch. */
  start() {
    for (const type of ["pointermove", "pointerdown", "keydown", "focusin"]) {
      this._page.addEventListener(type, () => this.note(), { passive: true });
    }
    this.note();
  }

  /** Somebody is there now. */
  note() {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._become(false), QUIET);
    this._become(true);
  }

  /**
   * @private
   * @param {boolean} present
   */
  _become(present) {
    if (present === this.present) return;
    this.present = present;
    this.changed.emit(present);
  }
}
