/** Fetches the beginning of the next medium, so that it plays at once. */

import { isStream } from "../protocol/sources.js";

/** @typedef {import("../protocol/sources.js").Source} Source */

export class Preload {
  /** @param {() => HTMLVideoElement} build */
  constructor(build) {
    /** @private */
    this._build = build;
    /** @private @type {HTMLVideoElement | null} */
    this._video = null;
    /** @private */
    this._url = "";
  }

  /**
   * Fetch `source`; null lets go of what was fetched.
   * @param {Source | null} source
   */
  fetch(source) {
    const url = source && !isStream(source) ? source.url : "";
    if (url === this._url) return;
    this._url = url;
    this._release();
    if (url) this._video = this._load(url);
  }

  /**
   * @private
   * @param {string} url
   */
  _load(url) {
    const video = this._build();
    video.muted = true;
    video.preload = "auto";
    video.src = url;
    return video;
  }

  /** @private */
  _release() {
    if (!this._video) return;
    this._video.removeAttribute("src");
    this._video.load();
    this._video = null;
  }
}
