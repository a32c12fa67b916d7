/** Work that is put off until the page has nothing more urgent to do. */

/** @typedef {(run: () => void) => void} Schedule */

export class Later {
  #work;
  #schedule;
  #asked = false;

  /**
   * @param {() => void} work
   * @param {Schedule} [schedule] when to do it; if none is given, with the next frame that the browser
   *   draws, which a hidden page has when it is seen again
   */
  constructor(work, schedule = (run) => requestAnimationFrame(run)) {
    this.#work = work;
    this.#schedule = schedule;
  }

  /** Let it be done: once, however often it is asked for until then. */
  ask() {
    if (this.#asked) return;
    this.#asked = true;
    this.#schedule(() => {
      this.#asked = false;
      this.#work();
    });
  }
}
