/** The clock of a slide; no I/O. */

export class SlideClock {
  #now;
  /** Seconds for which a photo is shown. */
  seconds;
  /** seconds, when it began to run, or was last set @type {number} */
  #reached = 0;
  /** seconds on the clock; null while it does not run @type {number | null} */
  #since = null;
  #rate = 1;

  /**
   * @param {() => number} now seconds, monotonic
   * @param {number} seconds for which a photo is shown
   */
  constructor(now, seconds) {
    this.#now = now;
    this.seconds = seconds;
  }

  /** Seconds, from 0 to `seconds`. */
  get position() {
    const run = this.#since === null ? 0 : (this.#now() - this.#since) * this.#rate;
    return Math.min(this.seconds, this.#reached + run);
  }

  set position(position) {
    this.#reached = Math.min(this.seconds, Math.max(0, position));
    if (this.#since !== null) this.#since = this.#now();
  }

  get runs() {
    return this.#since !== null;
  }

  get isOver() {
    return this.position >= this.seconds;
  }

  /** Seconds of real time until it is over, if it runs. */
  get remaining() {
    return (this.seconds - this.position) / this.#rate;
  }

  get rate() {
    return this.#rate;
  }

  set rate(factor) {
    this.position = this.position;
    this.#rate = factor;
  }

  /** Run, from the beginning if it is over. */
  run() {
    if (this.runs) return;
    if (this.isOver) this.position = 0;
    this.#since = this.#now();
  }

  halt() {
    this.position = this.position;
    this.#since = null;
  }
}
