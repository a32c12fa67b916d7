/** Milliseconds of silence after which the page must have been suspended. */
const SLEEP = 9000;
/** Milliseconds by which a timer may be late in a page that was awake. */
const LATE = 500;
/**
 * Milliseconds of patience for each millisecond of a round trip. TCP sends a lost packet again after
 * a few round trips, then after twice as long: three losses in a row must not end a connection.
 */
const PATIENCE_PER_ROUND_TRIP = 8;
/** The part of the slowest round trip that remains after the next one. */
const MEMORY = 0.8;

/**
 * Detects a dead connection.
 *
 * A socket without a network reports nothing for minutes. After some silence, it therefore sends a
 * ping, and silence after a ping means that the connection is dead.
 *
 * After the page was suspended, the first data in the socket may be old. The connection is
 * `doubtful` until a ping sent afterwards is answered: everything that waited comes before that.
 */
export class Heartbeat {
  #interval;
  #shortest;
  #longest;
  #ping;
  #dead;
  #now;
  #heardAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** when silence after a ping means that the connection is dead */
  #deadline = 0;
  /** @type {((alive: boolean) => void)[]} */
  #waiting = [];
  #running = false;
  #spared = false;
  /** milliseconds, once a ping was answered */
  #roundTrip = Infinity;
  #pingedAt = 0;
  #pings = 0;
  #pongs = 0;
  /** the number of pongs after which no data is old */
  #pongsDue = 0;

  /**
   * @param {object} parts
   * @param {number} parts.interval milliseconds of silence until a ping
   * @param {[number, number]} parts.patience milliseconds of silence after a ping until `dead`, on
   *   a fast and on a slow link
   * @param {() => void} parts.ping
   * @param {() => void} parts.dead called at most once
   * @param {() => number} [parts.now] milliseconds of a clock that runs while the device sleeps
   */
  constructor({ interval, patience: [shortest, longest], ping, dead, now = () => Date.now() }) {
    this.#interval = interval;
    this.#shortest = shortest;
    this.#longest = longest;
    this.#ping = ping;
    this.#dead = dead;
    this.#now = now;
  }

  /** Start, with a connection that has just received data. */
  start() {
    this.#running = true;
    this.#heardAt = this.#now();
    this.#rest();
  }

  /** Note that data was received. */
  heard() {
    const silence = this.#silence;
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

  /** Note that a ping was sent, here or elsewhere. */
  pinged() {
    if (this.#pongs === this.#pings) this.#pingedAt = this.#now();
    this.#pings += 1;
  }

  /** Note that a ping was answered. */
  ponged() {
    this.#pongs += 1;
    if (this.#pongs !== this.#pings) return;
    const known = this.#roundTrip === Infinity ? 0 : this.#roundTrip;
    this.#roundTrip = Math.max(this.#now() - this.#pingedAt, MEMORY * known);
  }

  /** Whether received data may have waited while the page was suspended. */
  get doubtful() {
    return this.#pongs < this.#pongsDue;
  }

  /** Whether data was received so recently that no ping can be overdue. */
  get fresh() {
    return this.#running && !this.#waiting.length && this.#silence < this.#interval + 500;
  }

  /** Milliseconds since data was received, as far as the clock tells, which may be set back. */
  get #silence() {
    this.#heardAt = Math.min(this.#heardAt, this.#now());
    return this.#now() - this.#heardAt;
  }

  /**
   * Send a ping; resolve with whether data was received. If not, call `dead` first.
   * @param {number} [patience] milliseconds
   * @returns {Promise<boolean>}
   */
  probe(patience = this.#patience()) {
    if (!this.#running) return Promise.resolve(false);
    return new Promise((resolve) => {
      const deadline = this.#now() + patience;
      // asking again and again does not put it off
      if (!this.#waiting.length || deadline < this.#deadline) {
        clearTimeout(this.#timer);
        this.#deadline = deadline;
        this.#spared = false;
        this.#timer = setTimeout(() => this.#expire(), patience);
      }
      this.#waiting.push(resolve);
      this.#ping();
    });
  }

  /** Stop. */
  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#answer(false);
  }

  #rest() {
    clearTimeout(this.#timer);
    if (!this.#running) return;
    const silence = this.#silence;
    if (silence >= this.#interval) void this.probe();
    else this.#timer = setTimeout(() => this.#rest(), this.#interval - silence);
  }

  #expire() {
    if (!this.#running) return;
    if (!this.#spared && this.#now() - this.#deadline > LATE) {
      // the page was suspended or busy: first receive what has arrived meanwhile
      this.#spared = true;
      this.#timer = setTimeout(() => this.#expire(), LATE);
      return;
    }
    this.#running = false;
    this.#dead();
    this.#answer(false);
  }

  #patience() {
    const wanted = this.#shortest + PATIENCE_PER_ROUND_TRIP * this.#roundTrip;
    return Math.min(this.#longest, wanted);
  }

  /** @param {boolean} alive */
  #answer(alive) {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(alive);
  }
}
