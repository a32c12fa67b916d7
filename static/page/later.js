/** Work that is deferred until the page is idle. */

/** @typedef {(run: () => void) => void} Schedule */

export class Later {
  #work;
  #schedule;
  #asked = false;

  /**
   * @param {() => void} work
   * @param {Schedule} [schedule] when to run it; by default with the next frame, which a hidden page draws
   *   when it becomes visible
   */
  constructor(work, schedule = (run) => requestAnimationFrame(run)) {
    this.#work = work;
    this.#schedule = schedule;
  }

  /** Request the work, which runs once for all requests until then. */
  ask() {
    if (this.#asked) return;
    this.#asked = true;
    this.#schedule(() => {
      this.#asked = false;
      this.#work();
    });
  }
}
