/** How fast media reach the player, from what it fetches anyway; no I/O. */

/** Seconds of transfers on which a figure rests. */
const WINDOW = 3;
/** By how much a link must be slower or faster before that counts: each change costs a moment. */
const SLOWER = 0.7;
const FASTER = 2;

/** @typedef {{ bits: number, seconds: number }} Transfer what came in how much time */

export class Link {
  /** @type {Transfer[]} the latest, in order */
  #transfers = [];
  /** bits per second; null while not known @type {number | null} */
  rate = null;

  /**
   * Note what was transferred, at the full speed of the link.
   * @param {Transfer} transfer
   * @returns {boolean} whether the link has another rate now
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

  /** Forget transfers that are not yet a figure: what follows is fetched in another way. */
  interrupt() {
    this.#transfers = [];
  }
}
