/** Fetches the beginning of the next medium, so that it plays at once. */

import { isPhoto, isStream } from "../../protocol/sources.js";

/** @typedef {import("../../protocol/sources.js").Source} Source */

export class Preload {
  #build;
  /** @type {HTMLVideoElement | null} */
  #video = null;
  /** @type {HTMLImageElement | null} */
  #image = null;
  #url = "";

  /** @param {() => HTMLVideoElement} build */
  constructor(build) {
    this.#build = build;
  }

  /**
   * Fetch `source`; null drops what was fetched.
   * @param {Source | null} source
   */
  fetch(source) {
    const url = source && !isStream(source) ? source.url : "";
    if (url === this.#url) return;
    this.#url = url;
    this.#release();
    if (!source || !url) return;
    if (isPhoto(source)) {
      this.#image = new Image();
      this.#image.src = url;
    } else this.#video = this.#load(url);
  }

  /** @param {string} url */
  #load(url) {
    const video = this.#build();
    video.muted = true;
    video.preload = "auto";
    video.src = url;
    return video;
  }

  #release() {
    this.#image = null;
    if (!this.#video) return;
    this.#video.removeAttribute("src");
    this.#video.load();
    this.#video = null;
  }
}
