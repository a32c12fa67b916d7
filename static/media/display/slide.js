/** A photo in place of the `<video>`, shown for some seconds, with the API of a media element. */

import { SlideClock } from "./slide-clock.js";

/** Milliseconds between two `timeupdate`, as often as browsers do. */
const TICK = 250;
/** The `readyState` of a photo: nothing, or everything. */
const NOTHING = 0;
const ALL = 4;
/** MediaError's code for a missing file or one that is not a picture. */
const NOT_SUPPORTED = 4;

/**
 * @typedef {Pick<HTMLVideoElement, "paused" | "ended" | "seeking" | "currentTime" | "duration"
 *   | "playbackRate" | "readyState" | "videoWidth" | "play" | "pause"> & EventTarget & {
 *   readonly seekable: { readonly length: number },
 *   readonly error: { readonly code: number, readonly message: string } | null,
 * }} Screen what shows a medium
 */

/** @implements {Screen} */
export class Slide extends EventTarget {
  #video;
  #clock;
  /** @type {HTMLImageElement | null} */
  #image = null;
  #isThere = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** @type {{ code: number, message: string } | null} */
  error = null;
  seeking = false;

  /**
   * @param {HTMLVideoElement} video that it covers
   * @param {number} seconds for which a photo is shown
   */
  constructor(video, seconds) {
    super();
    this.#video = video;
    this.#clock = new SlideClock(() => performance.now() / 1000, seconds);
  }

  /**
   * Show a photo from the start of its time.
   * @param {string} address
   */
  open(address) {
    this.close();
    const image = document.createElement("img");
    image.className = "slide";
    image.alt = "";
    image.addEventListener("load", () => this.#arrived(image));
    image.addEventListener("error", () => this.#failed(image));
    image.src = address;
    this.#image = image;
    this.#clock.rate = this.#video.playbackRate;
  }

  /** Show the `<video>` again. */
  close() {
    clearTimeout(this.#timer);
    this.#image?.remove();
    this.#image = null;
    this.#isThere = false;
    this.error = null;
    this.#clock.halt();
    this.#clock.position = 0;
  }

  get paused() {
    return !this.#clock.runs;
  }

  get ended() {
    return this.#isThere && this.#clock.isOver;
  }

  get duration() {
    return this.#isThere ? this.#clock.seconds : NaN;
  }

  get seekable() {
    return { length: this.#isThere ? 1 : 0 };
  }

  get readyState() {
    return this.#isThere ? ALL : NOTHING;
  }

  get videoWidth() {
    return this.#image?.naturalWidth ?? 0;
  }

  get currentTime() {
    return this.#clock.position;
  }

  set currentTime(position) {
    this.#clock.position = position;
    this.#tell("seeked", "timeupdate");
    this.#tick();
  }

  get playbackRate() {
    return this.#clock.rate;
  }

  set playbackRate(factor) {
    this.#clock.rate = factor;
    this.#tell("ratechange");
    this.#tick();
  }

  async play() {
    if (this.#clock.runs) return;
    this.#clock.run();
    this.#tell("play", "playing");
    this.#tick();
  }

  pause() {
    if (!this.#clock.runs) return;
    this.#clock.halt();
    clearTimeout(this.#timer);
    this.#tell("timeupdate", "pause");
  }

  #tick() {
    clearTimeout(this.#timer);
    if (!this.#clock.runs) return;
    this.#tell("timeupdate");
    if (this.#clock.isOver) {
      this.pause();
      this.#tell("ended");
    } else {
      const rest = Math.ceil(this.#clock.remaining * 1000);
      this.#timer = setTimeout(() => this.#tick(), Math.min(TICK, rest));
    }
  }

  /** @param {HTMLImageElement} image */
  #arrived(image) {
    if (image !== this.#image) return;
    this.#video.after(image);
    this.#isThere = true;
    this.#tell("durationchange", "loadedmetadata", "canplay");
  }

  /** @param {HTMLImageElement} image */
  #failed(image) {
    if (image !== this.#image) return;
    this.error = { code: NOT_SUPPORTED, message: "the browser cannot show the photo" };
    this.#tell("error");
  }

  /** @param {...string} types */
  #tell(...types) {
    for (const type of types) this.dispatchEvent(new Event(type));
  }
}
