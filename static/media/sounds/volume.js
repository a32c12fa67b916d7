/** The volume of the `<video>`: what the user set, times a part of it while it fades. */

import { CallError } from "../../protocol/errors.js";
import { until } from "../awaited-event.js";
import { VOLUME } from "../../protocol/ranges.js";
import { Signal } from "../../events/signal.js";

export class Volume {
  #video;
  /** as set by the user, from 0 to 1 */
  #set;
  /** the part of it that plays */
  #part = 1;
  #told = "";
  /** Whether only the device can set the volume. */
  fixed = false;
  /** @type {Signal<{ volume: number, muted: boolean }>} the user has changed it */
  changed = new Signal();

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    this.#set = video.volume;
  }

  /** Find out whether it can be set, and start to watch it. */
  start() {
    this.fixed = isFixed();
    this.#told = this.#words;
    this.#video.addEventListener("volumechange", () => this.#noticed());
  }

  /** From 0 to 100. */
  get level() {
    return Math.round(this.#set * VOLUME.most);
  }

  get muted() {
    return this.#video.muted;
  }

  /** @param {number} level clamped to 0 to 100 */
  async set(level) {
    if (this.fixed) throw new CallError("not_supported", "this device sets the volume itself");
    this.#set = Math.min(Math.max(VOLUME.least, level), VOLUME.most) / VOLUME.most;
    await this.#apply();
  }

  /** @param {boolean} muted */
  async mute(muted) {
    if (this.#video.muted === muted) return;
    const changed = until(this.#video, "volumechange");
    this.#video.muted = muted;
    await changed;
  }

  /**
   * Play only a part of the volume that the user set, which does not change.
   * @param {number} part from 0 to 1
   */
  async fade(part) {
    this.#part = part;
    if (!this.fixed) await this.#apply();
  }

  async #apply() {
    const volume = this.#set * this.#part;
    if (this.#video.volume === volume) {
      this.#noticed();
      return;
    }
    const changed = until(this.#video, "volumechange");
    this.#video.volume = volume;
    await changed;
  }

  get #words() {
    return JSON.stringify([this.level, this.muted]);
  }

  /** Ignore changes that come from fading. */
  #noticed() {
    if (this.#words === this.#told) return;
    this.#told = this.#words;
    this.changed.emit({ volume: this.level, muted: this.muted });
  }
}

/** On some devices (iOS) only buttons set the volume: a written value cannot be read back. */
function isFixed() {
  const probe = document.createElement("video");
  probe.volume = 0.5;
  return probe.volume !== 0.5;
}
