/** Measures the link by the parts of a stream, or by the growth of a file's buffer. */

import { Link } from "./link-speed.js";
import { Signal } from "../../events/signal.js";

/** The length of buffer, in seconds, up to which browsers fetch a file at full speed. */
const HUNGRY = 4;

/** @typedef {{ end: number, at: number }} Sample seconds of the film, and on the clock */

export class LinkMeter {
  #video;
  #stream;
  #rateOfFile;
  #link = new Link();
  /** @type {Sample | null} */
  #last = null;
  /** @type {Signal<number>} bits per second, when they change */
  changed = new Signal();

  /**
   * @param {HTMLVideoElement} video
   * @param {import("../stream.js").Stream} stream
   * @param {() => number | null} rateOfFile bits per second of the file that plays; null if none
   *   plays
   */
  constructor(video, stream, rateOfFile) {
    this.#video = video;
    this.#stream = stream;
    this.#rateOfFile = rateOfFile;
  }

  /** Start to measure. */
  start() {
    this.#video.addEventListener("progress", () => this.#look(performance.now() / 1000));
    for (const type of ["seeking", "emptied", "suspend"]) {
      this.#video.addEventListener(type, () => this.#interrupt());
    }
    this.#stream.fetched.listen((transfer) => this.#note(transfer));
  }

  /** @param {number} at */
  #look(at) {
    const rate = this.#rateOfFile();
    const { buffered, currentTime, networkState } = this.#video;
    const end = endOf(buffered, currentTime);
    const hungry = networkState === HTMLMediaElement.NETWORK_LOADING && end - currentTime < HUNGRY;
    const last = this.#last;
    this.#last = hungry ? { end, at } : null;
    if (!last || !hungry || rate === null || end < last.end) return;
    this.#note({ bits: (end - last.end) * rate, seconds: at - last.at });
  }

  #interrupt() {
    this.#last = null;
    this.#link.interrupt();
  }

  /** @param {import("./link-speed.js").Transfer} transfer */
  #note(transfer) {
    if (this.#link.note(transfer) && this.#link.rate !== null) this.changed.emit(this.#link.rate);
  }
}

/**
 * Return the end of the buffer that contains `time`.
 * @param {TimeRanges} buffered
 * @param {number} time seconds
 */
function endOf(buffered, time) {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= time && time <= buffered.end(index)) return buffered.end(index);
  }
  return time;
}
