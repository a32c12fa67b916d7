/** Milliseconds of silence after which the page must have been suspended. */
const SLEEP = 9000;

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
  #patience;
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
  #pings = 0;
  #pongs = 0;
  /** the number of pongs after which no data is old */
  #pongsDue = 0;

  /**
   * @param {object} parts
   * @param {number} parts.interval milliseconds of silence until a ping
   * @param {number} parts.patience milliseconds of silence after a ping until `dead`
   * @param {() => void} parts.ping
   * @param {() => void} parts.dead called at most once
   * @param {() => number} [parts.now] milliseconds of a clock that runs while the device sleeps
   */
  constructor({ interval, patience, ping, dead, now = () => Date.now() }) {
    this.#interval = interval;
    this.#patience = patience;
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

  /** Note that a ping was sent, here or elsewhere. */
  pinged() {
    this.#pings += 1;
  }

  /** Note that a ping was answered. */
  ponged() {
    this.#pongs += 1;
  }

  /** Whether received data may have waited while the page was suspended. */
  get doubtful() {
    return this.#pongs < this.#pongsDue;
  }

  /** Whether data was received so recently that no ping can be overdue. */
  get fresh() {
    const silence = this.#now() - this.#heardAt;
    return this.#running && !this.#waiting.length && silence < this.#interval + 500;
  }

  /**
   * Send a ping; resolve with whether data was received. If not, call `dead` first.
   * @param {number} [patience] milliseconds
   * @returns {Promise<boolean>}
   */
  probe(patience = this.#patience) {
    if (!this.#running) return Promise.resolve(false);
    return new Promise((resolve) => {
      const deadline = this.#now() + patience;
      // asking again and again does not put it off
      if (!this.#waiting.length || deadline < this.#deadline) {
        clearTimeout(this.#timer);
        this.#deadline = deadline;
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
