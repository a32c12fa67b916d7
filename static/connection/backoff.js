/** The growing delays between attempts, each with jitter so that many clients spread out. */
export class Backoff {
  /**
   * @param {object} [options]
   * @param {number} [options.first] milliseconds, the upper bound of the first delay
   * @param {number} [options.longest] milliseconds, the upper bound of all
   * @param {() => number} [options.random] 0 to 1
   */
  constructor({ first = 250, longest = 10000, random = Math.random } = {}) {
    /** @private */
    this._first = first;
    /** @private */
    this._longest = longest;
    /** @private */
    this._random = random;
    /** @private */
    this._failures = 0;
  }

  /** Return the delay before the next attempt, in milliseconds: between half and all of its bound. */
  next() {
    const bound = Math.min(this._longest, this._first * 2 ** this._failures);
    this._failures = Math.min(this._failures + 1, 16);
    return bound * (0.5 + this._random() / 2);
  }

  /** Begin again with the first delay. */
  reset() {
    this._failures = 0;
  }
}
