/** What shows the medium: the `<video>` element, or a photo in its place. */

import { CallError } from "../../protocol/errors.js";
import { isStream } from "../../protocol/sources.js";
import { Signal } from "../../events/signal.js";
import { until } from "../awaited-event.js";
import { wantsGesture } from "../media-errors.js";
import { Slide } from "./slide.js";
import { Still } from "./still.js";

/** Milliseconds after which playback that waits for data counts as started. */
const BUFFERING_TIMEOUT = 1500;
/** The events after which the browser reads no more of a medium. */
const ENDS = ["error", "failure", "superseded"];

/**
 * @typedef {import("./slide.js").Screen} Screen
 * @typedef {import("../delivery/medium-delivery.js").MediumDelivery} MediumDelivery
 */

export class Display {
  #video;
  #slide;
  #still;
  #stream;
  #showsPhoto = false;
  #gestureRequired = false;
  /** @type {Signal<void>} whether a click is required has changed */
  changed = new Signal();

  /**
   * @param {HTMLVideoElement} video
   * @param {import("../stream.js").Stream} stream that plays in it
   * @param {number} photoSeconds for which a photo is shown
   */
  constructor(video, stream, photoSeconds) {
    this.#video = video;
    this.#slide = new Slide(video, photoSeconds);
    this.#still = new Still(video);
    this.#stream = stream;
  }

  /** The element that shows the medium. @returns {Screen} */
  get screen() {
    return this.#showsPhoto ? this.#slide : this.#video;
  }

  get isSeekable() {
    const { seekable, duration } = this.screen;
    return seekable.length > 0 && Number.isFinite(duration);
  }

  /** Whether the browser requires a click before it plays sound. */
  get gestureRequired() {
    return this.#gestureRequired && !this.#showsPhoto;
  }

  /**
   * Call `listener` at each event of this type of the element that shows the medium.
   * @param {string} type
   * @param {() => void} listener
   */
  listen(type, listener) {
    for (const each of [this.#video, this.#slide]) {
      each.addEventListener(type, () => {
        if (each === this.screen) listener();
      });
    }
  }

  /**
   * Choose the element that shows the next medium.
   * @param {boolean} isPhoto
   */
  choose(isPhoto) {
    this.#showsPhoto = isPhoto;
  }

  /**
   * Open the medium as `delivery` has chosen, which has an address.
   * @param {MediumDelivery} delivery
   * @param {number} position seconds, where a converted stream begins
   */
  open({ address, way, sound }, position) {
    if (this.#showsPhoto) this.#slide.open(address);
    else if (way?.plan || isStream({ url: address })) {
      void this.#stream.open(address, way?.plan ? { position, sound } : {});
    } else {
      this.#video.src = address;
      this.#video.load();
    }
  }

  /** Resolve once the medium is open, or never will be: it failed, or is gone. */
  async opened() {
    const { screen } = this;
    await until(screen, "loadedmetadata", ...ENDS);
    // hls.js sets the duration after the first part if the browser is slow to open a stream
    while (this.#stream.isOpen && screen.duration === Infinity && !screen.error) {
      await until(screen, "durationchange", ...ENDS);
    }
  }

  /** Remove what is loaded. */
  close() {
    this.#stream.close();
    this.#slide.close();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  /** Remove what is loaded, and end each wait for an event of it. */
  supersede() {
    this.close();
    for (const each of [this.#video, this.#slide]) each.dispatchEvent(new Event("superseded"));
  }

  /** Report that the medium cannot be played. */
  fail() {
    this.screen.dispatchEvent(new Event("failure"));
  }

  /** Show the last picture while the medium is loaded again. */
  hold() {
    this.#still.hold();
  }

  /** Show the medium again. */
  release() {
    this.#still.release();
  }

  /** Play; resolve once it plays, or waits only for data. */
  async play() {
    const { screen } = this;
    const started = screen.play();
    started.catch((error) => {
      if (wantsGesture(error)) this.requireGesture();
    });
    await Promise.race([started, this.#buffers()]);
    if (!this.#showsPhoto) this.allow();
  }

  /** Pause; resolve once it is paused. */
  async pause() {
    const { screen } = this;
    if (screen.paused) return;
    const paused = until(screen, "pause");
    screen.pause();
    await paused;
  }

  /**
   * Go to a position; resolve once it is reached, or never will be: the medium failed, or is gone.
   * @param {number} position seconds; clamped to the duration
   */
  async seek(position) {
    const { screen } = this;
    const { duration } = screen;
    if (!this.isSeekable) {
      throw new CallError("not_supported", "one cannot seek in this medium");
    }
    const arrived = until(screen, "seeked", ...ENDS);
    screen.currentTime = Math.min(position, duration);
    await arrived;
  }

  /** @param {number} factor 1 is normal speed; it also applies to media loaded later */
  async setRate(factor) {
    const video = this.#video;
    if (video.playbackRate === factor) return;
    const changed = until(video, "ratechange");
    video.defaultPlaybackRate = factor;
    video.playbackRate = factor;
    this.#slide.playbackRate = factor;
    await changed;
  }

  /** Move the picture into a small window of its own, or back. */
  async togglePicture() {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await this.#video.requestPictureInPicture();
    } catch {
      throw new CallError("not_supported", "there is no picture that could be put into a window");
    }
  }

  /** Note that the browser requires a click before it plays sound. */
  requireGesture() {
    this.#gestureRequired = true;
    this.changed.emit();
  }

  /** Note that the browser plays sound. */
  allow() {
    if (!this.#gestureRequired) return;
    this.#gestureRequired = false;
    this.changed.emit();
  }

  /**
   * Resolve once the browser has allowed playback and waits for data.
   * @returns {Promise<void>}
   */
  #buffers() {
    return new Promise((resolve) => {
      setTimeout(() => {
        if (!this.screen.paused) resolve();
      }, BUFFERING_TIMEOUT);
    });
  }
}
