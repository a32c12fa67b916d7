/** How loud the `<video>` is: what people set, and the part of it that is heard. */

import { CallError } from "../protocol/errors.js";
import { until } from "./awaited-event.js";
import { VOLUME } from "../protocol/ranges.js";
import { Signal } from "../events/signal.js";

export class Volume {
  /** @param {HTMLVideoElement} video */
  constructor(video) {
    /** @private */
    this._video = video;
    /** @private what people set, from 0 to 1 */
    this._set = video.volume;
    /** @private the part of it that is heard */
    this._part = 1;
    /** @private */
    this._told = "";
    /** Whether the device sets the volume, and the page cannot. */
    this.fixed = false;
    /** @type {Signal<{ volume: number, muted: boolean }>} people have set another one */
    this.changed = new Signal();
  }

  /** Find out whether it can be set, and begin to watch it. */
  start() {
    this.fixed = isFixed();
    this._told = this._words;
    this._video.addEventListener("volumechange", () => this._noticed());
  }

  /** From 0 to 100. */
  get level() {
    return Math.round(this._set * VOLUME.most);
  }

  get muted() {
    return this._video.muted;
  }

  /** @param {number} level 0 to 100; beyond is the nearest of them */
  async set(level) {
    if (this.fixed) throw new CallError("not_supported", "this device sets the volume itself");
    this._set = Math.min(Math.max(VOLUME.least, level), VOLUME.most) / VOLUME.most;
    await this._apply();
  }

  /** @param {boolean} muted */
  async mute(muted) {
    if (this._video.muted === muted) return;
    const changed = until(this._video, "volumechange");
    this._video.muted = muted;
    await changed;
  }

  /**
   * Let only a part of the volume be heard; what people set stays what it is.
   * @param {number} part from 0 to 1
   */
  async fade(part) {
    this._part = part;
    if (!this.fixed) await this._apply();
  }

  /** @private */
  async _apply() {
    const volume = this._set * this._part;
    if (this._video.volume === volume) {
      this._noticed();
      return;
    }
    const changed = until(this._video, "volumechange");
    this._video.volume = volume;
    await changed;
  }

  /** @private */
  get _words() {
    return JSON.stringify([this.level, this.muted]);
  }

  /**
   * A volume that only fades is none that anybody set.
   * @private
   */
  _noticed() {
    if (this._words === this._told) return;
    this._told = this._words;
    this.changed.emit({ volume: this.level, muted: this.muted });
  }
}

/** Some devices (iOS) leave the volume to their buttons: what is written is not read back. */
function isFixed() {
  const probe = document.createElement("video");
  probe.volume = 0.5;
  return probe.volume !== 0.5;
}
