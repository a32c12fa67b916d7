/** Milliseconds of silence that only a page that slept can have let pass. */
const SLEEP = 9000;

/**
 * Watches whether the other end of a connection still lives, by what comes from it.
 *
 * A socket whose network has gone closes with no event for minutes; so silence is answered with a
 * ping, and silence after a ping is death.
 *
 * If it was not the other end but the page that slept, what comes first out of the socket is old.
 * It stays `doubtful` until a ping sent after the sleep has come back: all that was waiting stands
 * before that in the stream.
 */
export class Heartbeat {
  /**
   * @param {object} parts
   * @param {number} parts.interval milliseconds of silence until a ping
   * @param {number} parts.patience milliseconds of silence after a ping until death
   * @param {() => void} parts.ping
   * @param {() => void} parts.dead called once at most
   * @param {() => number} [parts.now] milliseconds; a clock that also counts while the device sleeps
   */
  constructor({ interval, patience, ping, dead, now = () => Date.now() }) {
    /** @private */
    this._interval = interval;
    /** @private */
    this._patience = patience;
    /** @private */
    this._ping = ping;
    /** @private */
    this._dead = dead;
    /** @private */
    this._now = now;
    /** @private */
    this._heardAt = 0;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    /** @private @type {((alive: boolean) => void)[]} */
    this._waiting = [];
    /** @private */
    this._running = false;
    /** @private */
    this._pings = 0;
    /** @private */
    this._pongs = 0;
    /** @private how many pongs there must have been for all to be new */
    this._pongsDue = 0;
  }

  /** Begin to watch a connection that has just shown life. */
  start() {
    this._running = true;
    this._heardAt = this._now();
    this._rest();
  }

  /** Note a sign of life. */
  heard() {
    const silence = this._now() - this._heardAt;
    this._heardAt = this._now();
    if (this._running && silence > SLEEP) {
      this._pongsDue = this._pings + 1;
      this._ping();
    }
    if (this._waiting.length) {
      this._answer(true);
      this._rest();
    }
  }

  /** Note that a ping was sent, by whomever. */
  pinged() {
    this._pings += 1;
  }

  /** Note that a ping has come back. */
  ponged() {
    this._pongs += 1;
  }

  /** Whether what comes may have been waiting while the page slept. */
  get doubtful() {
    return this._pongs < this._pongsDue;
  }

  /** Whether the last sign of life is so recent that no ping can be overdue. */
  get fresh() {
    const silence = this._now() - this._heardAt;
    return this._running && !this._waiting.length && silence < this._interval + 500;
  }

  /**
   * Ask for a sign of life; resolve with whether one came. If none does, `dead` is called first.
   * @param {number} [patience] milliseconds
   * @returns {Promise<boolean>}
   */
  probe(patience = this._patience) {
    if (!this._running) return Promise.resolve(false);
    return new Promise((resolve) => {
      this._waiting.push(resolve);
      this._ping();
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this._expire(), patience);
    });
  }

  /** Stop watching. */
  stop() {
    this._running = false;
    clearTimeout(this._timer);
    this._answer(false);
  }

  /** @private */
  _rest() {
    clearTimeout(this._timer);
    if (!this._running) return;
    const silence = this._now() - this._heardAt;
    if (silence >= this._interval) void this.probe();
    else this._timer = setTimeout(() => this._rest(), this._interval - silence);
  }

  /** @private */
  _expire() {
    if (!this._running) return;
    this._running = false;
    this._dead();
    this._answer(false);
  }

  /**
   * @private
   * @param {boolean} alive
   */
  _answer(alive) {
    const waiting = this._waiting;
    this._waiting = [];
    for (const resolve of waiting) resolve(alive);
  }
}
