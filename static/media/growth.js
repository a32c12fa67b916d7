/** Follows the length of a file that grows, such as a programme that is being recorded. */

import { delay } from "../events/delay.js";
import { Signal } from "../events/signal.js";

/** Milliseconds between two looks at the file. */
const PERIOD = 10e3;
/** New seconds at the end for which the medium is not opened again. */
const LITTLE = 1;

/** @typedef {{ size?: number | null, duration: number | null }} Length bytes, and seconds */

export class Growth {
  /** the number of media, to ignore what is found of earlier ones */
  #media = 0;
  /** when the medium was opened @type {Length | null} */
  #opened = null;
  /** @type {Length | null} */
  #latest = null;
  /** whether the last look found another length */
  grows = false;
  /** @type {Signal<void>} there was another look */
  changed = new Signal();

  /**
   * Follow another medium, until its file has not grown between two looks at it.
   * @param {Promise<Length | null>} known
   * @param {() => Promise<Length | null>} look finds its present length
   */
  async follow(known, look) {
    const medium = ++this.#media;
    const isPresent = () => medium === this.#media;
    this.#opened = this.#latest = null;
    this.grows = false;
    let before = await known;
    if (isPresent()) this.#opened = this.#latest = before;
    while (isPresent() && before) {
      await delay(PERIOD);
      const now = isPresent() ? await look() : null;
      if (!isPresent()) return;
      const isSame = now?.size === before.size && now?.duration === before.duration;
      this.grows = now !== null && !isSame;
      // the library may answer again later
      if (now) this.#latest = before = now;
      this.changed.emit();
      if (isSame) return;
    }
  }

  /** Note that the medium is opened as it is now. */
  open() {
    this.#opened = this.#latest;
  }

  /** Whether the file is longer than when the medium was opened. */
  get hasGrown() {
    return (this.#latest?.size ?? 0) > (this.#opened?.size ?? 0);
  }

  /**
   * Whether the file is longer than when the medium was opened, and goes on after this position.
   * @param {number} position seconds
   */
  goesOnAfter(position) {
    return this.hasGrown && (this.#latest?.duration ?? Infinity) > position + LITTLE;
  }

  /** Seconds of a medium that has grown; null if it has not. */
  get duration() {
    return this.hasGrown && this.#latest ? this.#latest.duration : null;
  }
}
