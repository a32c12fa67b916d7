/** The growing delays between attempts, each with jitter so that many clients spread out. */
export class Backoff {
  #first;
  #longest;
  #random;
  #failures = 0;

  /**
   * @param {object} [options]
   * @param {number} [options.first] milliseconds, the upper bound of the first delay
   * @param {number} [options.longest] milliseconds, the upper bound of all
   * @param {() => number} [options.random] 0 to 1
   */
  constructor({ first = 250, longest = 10000, random = Math.random } = {}) {
    this.#first = first;
    this.#longest = longest;
    this.#random = random;
  }

  /** Return the delay before the next attempt, in milliseconds: between half and all of its bound. */
  next() {
    const bound = Math.min(this.#longest, this.#first * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    return bound * (0.5 + this.#random() / 2);
  }

  /** Begin again with the first delay. */
  reset() {
    this.#failures = 0;
  }
}
