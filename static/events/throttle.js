/** Milliseconds between two messages: at most ten a second (docs/protocol.md, "The state"). */
export const INTERVAL = 100;

/**
 * Passes values on at most once in an interval, and always the last one.
 * @template T
 */
export class Throttle {
  /**
   * @param {number} interval milliseconds between two values
   * @param {(value: T) => void} pass
   * @param {() => number} [now] milliseconds, monotonic
   */
  constructor(interval, pass, now = () => performance.now()) {
    /** @private */
    this._interval = interval;
    /** @private */
    this._pass = pass;
    /** @private */
    this._now = now;
    /** @private */
    this._passedAt = -Infinity;
    /** @private @type {{ value: T } | null} */
    this._waiting = null;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
  }

  /** Whether a value waits for its turn. */
  get waiting() {
    return this._waiting !== null;
  }

  /**
   * Pass `value` on at once if the interval is over, else at its end unless a newer one comes.
   * @param {T} value
   */
  push(value) {
    const early = this._waiting !== null;
    this._waiting = { value };
    if (early) return;
    const delay = this._passedAt + this._interval - this._now();
    if (delay <= 0) this.flush();
    else this._timer = setTimeout(() => this.flush(), delay);
  }

  /** Pass the waiting value on now, if there is one. */
  flush() {
    clearTimeout(this._timer);
    if (this._waiting === null) return;
    const { value } = this._waiting;
    this._waiting = null;
    this._passedAt = this._now();
    this._pass(value);
  }

  /** Forget the waiting value. */
  cancel() {
    clearTimeout(this._timer);
    this._waiting = null;
  }
}
