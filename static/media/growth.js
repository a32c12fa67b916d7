/** Follows the length of a file that grows, such as a programme that is being recorded. */

import { Signal } from "../events/signal.js";

/** Milliseconds between two looks at the file. */
const PERIOD = 10e3;

/** @typedef {{ size?: number | null, duration: number | null }} Length bytes, and seconds */

export class Growth {
  /** the number of media, to ignore what is found of earlier ones */
  #media = 0;
  /** when the medium was opened @type {Length | null} */
  #opened = null;
  /** @type {Length | null} */
  #latest = null;
  /** @type {Signal<void>} the length has changed */
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
    let before = await known;
    if (isPresent()) this.#opened = this.#latest = before;
    while (isPresent() && before) {
      await new Promise((resolve) => setTimeout(resolve, PERIOD));
      const now = isPresent() ? await look() : null;
      if (!now || !isPresent()) return;
      this.#latest = now;
      if (now.size === before.size && now.duration === before.duration) return;
      before = now;
      this.changed.emit();
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

  /** Seconds of a medium that has grown; null if it has not. */
  get duration() {
    return this.hasGrown && this.#latest ? this.#latest.duration : null;
  }
}
