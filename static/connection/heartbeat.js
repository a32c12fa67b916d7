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
  #interval;
  #patience;
  #ping;
  #dead;
  #now;
  #heardAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** @type {((alive: boolean) => void)[]} */
  #waiting = [];
  #running = false;
  #pings = 0;
  #pongs = 0;
  /** how many pongs there must have been for all to be new */
  #pongsDue = 0;

  /**
   * @param {object} parts
   * @param {number} parts.interval milliseconds of silence until a ping
   * @param {number} parts.patience milliseconds of silence after a ping until death
   * @param {() => void} parts.ping
   * @param {() => void} parts.dead called once at most
   * @param {() => number} [parts.now] milliseconds; a clock that also counts while the device sleeps
   */
  constructor({ interval, patience, ping, dead, now = () => Date.now() }) {
    this.#interval = interval;
    this.#patience = patience;
    this.#ping = ping;
    this.#dead = dead;
    this.#now = now;
  }

  /** Begin to watch a connection that has just shown life. */
  start() {
    this.#running = true;
    this.#heardAt = this.#now();
    this.#rest();
  }

  /** Note a sign of life. */
  heard() {
    const silence = this.#now() - this.#heardAt;
    this.#heardAt = this.#now();
    if (this.#running && silence > SLEEP) {
      this.#pongsDue = this.#pings + 1;
      this.#ping();
    }
    if (this.#waiting.length) {
      this.#answer(true);
      this.#rest();
    }
  }

  /** Note that a ping was sent, by whomever. */
  pinged() {
    this.#pings += 1;
  }

  /** Note that a ping has come back. */
  ponged() {
    this.#pongs += 1;
  }

  /** Whether what comes may have been waiting while the page slept. */
  get doubtful() {
    return this.#pongs < this.#pongsDue;
  }

  /** Whether the last sign of life is so recent that no ping can be overdue. */
  get fresh() {
    const silence = this.#now() - this.#heardAt;
    return this.#running && !this.#waiting.length && silence < this.#interval + 500;
  }

  /**
   * Ask for a sign of life; resolve with whether one came. If none does, `dead` is called first.
   * @param {number} [patience] milliseconds
   * @returns {Promise<boolean>}
   */
  probe(patience = this.#patience) {
    if (!this.#running) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#ping();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#expire(), patience);
    });
  }

  /** Stop watching. */
  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#answer(false);
  }

  #rest() {
    clearTimeout(this.#timer);
    if (!this.#running) return;
    const silence = this.#now() - this.#heardAt;
    if (silence >= this.#interval) void this.probe();
    else this.#timer = setTimeout(() => this.#rest(), this.#interval - silence);
  }

  #expire() {
    if (!this.#running) return;
    this.#running = false;
    this.#dead();
    this.#answer(false);
  }

  /** @param {boolean} alive */
  #answer(alive) {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(alive);
  }
}
