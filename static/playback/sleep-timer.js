/** Pauses the player at a chosen time, after the sound has faded. */

import { Signal } from "../events/signal.js";

/** Seconds in which the sound fades; a part of them if the time is short. */
const FADE = 30;
const PART = 0.5;
/** Milliseconds between two steps. */
const STEP = 200;

/** @typedef {import("../media/media.js").Media} Media */

export class SleepTimer {
  #media;
  #fade = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** @type {number | null} when it pauses, as Unix time in seconds */
  at = null;
  /** @type {Signal<void>} the time has changed */
  changed = new Signal();

  /** @param {Media} media */
  constructor(media) {
    this.#media = media;
  }

  /**
   * Pause after some minutes, in place of an earlier choice.
   * @param {number} minutes 0 for never
   */
  async set(minutes) {
    const seconds = minutes * 60;
    this.#fade = Math.min(FADE, seconds * PART);
    await this.#become(seconds > 0 ? Date.now() / 1000 + seconds : null);
  }

  /** @param {number | null} at */
  async #become(at) {
    clearTimeout(this.#timer);
    this.at = at;
    this.changed.emit();
    if (at !== null) this.#wait();
    await this.#media.volume.fade(1);
  }

  #wait() {
    if (this.at === null) return;
    const left = this.at - Date.now() / 1000;
    const quiet = left - this.#fade;
    this.#timer = setTimeout(() => void this.#step(), quiet > 0 ? quiet * 1000 : STEP);
  }

  async #step() {
    if (this.at === null) return;
    const left = this.at - Date.now() / 1000;
    if (left <= 0) {
      await this.#media.pause();
      await this.#become(null);
    } else {
      await this.#media.volume.fade(Math.min(1, left / this.#fade));
      this.#wait();
    }
  }
}
