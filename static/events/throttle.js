/** Milliseconds between two messages: at most ten a second (docs/protocol.md, "The state"). */
export const INTERVAL = 100;

/**
 * Passes values on at most once in an interval, and always the last one.
 * @template T
 */
export class Throttle {
  #interval;
  #pass;
  #now;
  #passedAt = -Infinity;
  /** @type {{ value: T } | null} */
  #waiting = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /**
   * @param {number} interval milliseconds between two values
   * @param {(value: T) => void} pass
   * @param {() => number} [now] milliseconds, monotonic
   */
  constructor(interval, pass, now = () => performance.now()) {
    this.#interval = interval;
    this.#pass = pass;
    this.#now = now;
  }

  /** Whether a value waits for its turn. */
  get waiting() {
    return this.#waiting !== null;
  }

  /**
   * Pass `value` on at once if the interval is over, else at its end unless a newer one comes.
   * @param {T} value
   */
  push(value) {
    const early = this.#waiting !== null;
    this.#waiting = { value };
    if (early) return;
    const delay = this.#passedAt + this.#interval - this.#now();
    if (delay <= 0) this.flush();
    else this.#timer = setTimeout(() => this.flush(), delay);
  }

  /** Pass the waiting value on now, if there is one. */
  flush() {
    clearTimeout(this.#timer);
    if (this.#waiting === null) return;
    const { value } = this.#waiting;
    this.#waiting = null;
    this.#passedAt = this.#now();
    this.#pass(value);
  }

  /** Forget the waiting value. */
  cancel() {
    clearTimeout(this.#timer);
    this.#waiting = null;
  }
}
