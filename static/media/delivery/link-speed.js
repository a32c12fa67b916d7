/** The speed of the player's link, from what it fetches anyway; no I/O. */

/** The seconds of transfers needed for a measurement. */
const WINDOW = 3;
/** The factor by which the rate must change to count, because each change interrupts playback. */
const SLOWER = 0.7;
const FASTER = 2;

/** @typedef {{ bits: number, seconds: number }} Transfer the size and duration of a transfer */

export class Link {
  /** @type {Transfer[]} the latest ones, in order */
  #transfers = [];
  /** bits per second; null while not known @type {number | null} */
  rate = null;

  /**
   * Note a transfer at the full speed of the link.
   * @param {Transfer} transfer
   * @returns {boolean} whether the rate has changed
   */
  note(transfer) {
    if (!(transfer.seconds > 0)) return false;
    this.#transfers.push(transfer);
    let seconds = this.#transfers.reduce((sum, it) => sum + it.seconds, 0);
    if (seconds < WINDOW) return false;
    while (seconds - this.#transfers[0].seconds >= WINDOW) {
      seconds -= /** @type {Transfer} */ (this.#transfers.shift()).seconds;
    }
    const found = this.#transfers.reduce((sum, { bits }) => sum + bits, 0) / seconds;
    const { rate } = this;
    if (rate !== null && found > rate * SLOWER && found < rate * FASTER) return false;
    this.rate = found;
    return true;
  }

  /** Forget transfers too short for a measurement, before something is fetched in another way. */
  interrupt() {
    this.#transfers = [];
  }
}
