/** Pauses the player at a time that people chose, after the sound has faded. */

import { Signal } from "../events/signal.js";

/** Seconds in which the sound fades; of a short time, a part of it. */
const FADE = 30;
const PART = 0.5;
/** Milliseconds between two steps. */
const STEP = 200;

/** @typedef {import("../media/media.js").Media} Media */

export class SleepTimer {
  /**
   * @param {Media} media
   * @param {() => number} [now] Unix time in seconds
   */
  constructor(media, now = () => Date.now() / 1000) {
    /** @private */
    this._media = media;
    /** @private */
    this._now = now;
    /** @private */
    this._fade = 0;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    /** @type {number | null} when it pauses, as Unix time in seconds */
    this.at = null;
    /** @type {Signal<void>} that time is another one */
    this.changed = new Signal();
  }

  /**
   * Pause in so many minutes, in place of an earlier choice.
   * @param {number} minutes 0: not at all
   */
  async set(minutes) {
    const seconds = minutes * 60;
    this._fade = Math.min(FADE, seconds * PART);
    await this._become(seconds > 0 ? this._now() + seconds : null);
  }

  /**
   * @private
   * @param {number | null} at
   */
  async _become(at) {
    clearTimeout(this._timer);
    this.at = at;
    this.changed.emit();
    if (at !== null) this._wait();
    await this._media.volume.fade(1);
  }

  /** @private */
  _wait() {
    if (this.at === null) return;
    const left = this.at - this._now();
    const quiet = left - this._fade;
    this._timer = setTimeout(() => void this._step(), quiet > 0 ? quiet * 1000 : STEP);
  }

  /** @private */
  async _step() {
    if (this.at === null) return;
    const left = this.at - this._now();
    if (left <= 0) {
      await this._media.pause();
      await this._become(null);
    } else {
      await this._media.volume.fade(Math.min(1, left / this._fade));
      this._wait();
    }
  }
}
