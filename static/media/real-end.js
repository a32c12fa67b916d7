/** Ends a medium where its file is cut off. */

import { Signal } from "../events/signal.js";

/** Seconds at the end of a medium that are missed. */
const MUCH = 5;
/** Seconds before the end of its data at which a stream is ended. */
const NEAR = 0.25;
/** The same for a stream that is waiting: browsers hold back the last frames. */
const NEAR_WAITING = 1;

export class RealEnd {
  #video;
  #display;
  #stream;
  #reached = 0;
  /** whether a stream is over before its end */
  #isOver = false;
  /** @type {Signal<void>} a stream is over before its end */
  ended = new Signal();

  /**
   * @param {HTMLVideoElement} video
   * @param {import("./display/display.js").Display} display
   * @param {import("./stream.js").Stream} stream that plays in it
   */
  constructor(video, display, stream) {
    this.#video = video;
    this.#display = display;
    this.#stream = stream;
  }

  /** Start to listen. */
  start() {
    for (const type of ["seeking", "emptied"]) this.#display.listen(type, () => this.#begin());
    this.#display.listen("play", () => {
      // as browsers do after the end
      if (this.#isOver) this.#display.screen.currentTime = 0;
    });
    for (const type of ["timeupdate", "waiting"]) this.#display.listen(type, () => this.#move());
    // it may wait there already
    this.#stream.cutFound.listen(() => this.#move());
  }

  /** The position that was last seen before the end. */
  get reached() {
    return this.#reached;
  }

  /** Whether a stream is over before its end. */
  get isOver() {
    return this.#isOver;
  }

  /** Whether the medium has ended too early. */
  get isEarly() {
    const { ended, currentTime, duration, playbackRate } = this.#display.screen;
    const { cut } = this.#stream;
    if (this.#isOver && cut) return duration - cut.at > MUCH;
    return ended && currentTime - this.#reached > MUCH * Math.max(1, playbackRate);
  }

  #begin() {
    this.#reached = this.#display.screen.currentTime;
    this.#isOver = false;
  }

  #move() {
    const { ended, paused, currentTime } = this.#display.screen;
    // at the end of a file, browsers jump to the end that it claims
    if (!ended) this.#reached = currentTime;
    if (paused || ended || !this.#isCutAt(currentTime)) return;
    this.#isOver = true;
    this.#display.screen.pause();
    this.ended.emit();
  }

  /** @param {number} position */
  #isCutAt(position) {
    const { cut } = this.#stream;
    if (!cut) return false;
    const { buffered, readyState } = this.#video;
    const near = readyState < HTMLMediaElement.HAVE_FUTURE_DATA ? NEAR_WAITING : NEAR;
    const ends = Array.from({ length: buffered.length }, (_, index) => buffered.end(index));
    const end = ends.find((each) => each >= position) ?? cut.at;
    return position > cut.last && position >= Math.min(end, cut.at) - near;
  }
}
