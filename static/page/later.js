/** Work that is put off until the page has nothing more urgent to do. */

/** @typedef {(run: () => void) => void} Schedule */

export class Later {
  /**
   * @param {() => void} work
   * @param {Schedule} [schedule] when to do it; if none is given, with the next frame that the browser
   *   draws, which a hidden page has when it is seen again
   */
  constructor(work, schedule = (run) => requestAnimationFrame(run)) {
    /** @private */
    this._work = work;
    /** @private */
    this._schedule = schedule;
    /** @private */
    this._asked = false;
  }

  /** Let it be done: once, however often it is asked for until then. */
  ask() {
    if (this._asked) return;
    this._asked = true;
    this._schedule(() => {
      this._asked = false;
      this._work();
    });
  }
}
