/** How far a slide is, which has no clock of its own as a film has; no I/O. */

/** Seconds for which a photo is shown. */
export const SLIDE_SECONDS = 8;

export class SlideClock {
  #now;
  /** seconds, when it began to run, or was last set @type {number} */
  #reached = 0;
  /** seconds on the clock; null while it does not run @type {number | null} */
  #since = null;
  #rate = 1;

  /** @param {() => number} now seconds, monotonic */
  constructor(now) {
    this.#now = now;
  }

  /** Seconds, 0 to SLIDE_SECONDS. */
  get position() {
    const run = this.#since === null ? 0 : (this.#now() - this.#since) * this.#rate;
    return Math.min(SLIDE_SECONDS, this.#reached + run);
  }

  set position(position) {
    this.#reached = Math.min(SLIDE_SECONDS, Math.max(0, position));
    if (this.#since !== null) this.#since = this.#now();
  }

  get runs() {
    return this.#since !== null;
  }

  get isOver() {
    return this.position >= SLIDE_SECONDS;
  }

  /** Seconds on the clock until it is over, if it runs. */
  get remaining() {
    return (SLIDE_SECONDS - this.position) / this.#rate;
  }

  get rate() {
    return this.#rate;
  }

  set rate(factor) {
    this.position = this.position;
    this.#rate = factor;
  }

  /** Run; from the beginning, if it is over. */
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
