/** The `<video>` element; no other module touches one. */

import { CallError } from "./errors.js";
import { describeFailure, playError, wantsGesture } from "./media_errors.js";
import { Signal } from "./signal.js";

/** Media events after which something that others see may be different. */
const TELLING = [
  "play",
  "playing",
  "pause",
  "waiting",
  "canplay",
  "seeked",
  "ended",
  "volumechange",
  "ratechange",
  "durationchange",
  "loadedmetadata",
  "emptied",
  "error",
];
/** Milliseconds after which playback that has begun to wait for data counts as begun. */
const BUFFERING_PATIENCE = 1500;
/** Seconds by which the duration that the state tells may be above the real one. */
const ROUNDING = 0.001;

/**
 * @typedef {object} MediaState
 * @property {boolean} loaded something is there to be played
 * @property {boolean} playing
 * @property {boolean} buffering it plays, but waits for data
 * @property {boolean} ended
 * @property {boolean} seekable
 * @property {number} position seconds
 * @property {number | null} duration seconds; null when unknown or endless
 * @property {number} rate
 * @property {number} volume 0 to 100
 * @property {boolean} muted
 * @property {boolean} volumeFixed the device sets the volume, the page cannot
 * @property {boolean} gestureRequired the browser wants a click before it plays sound
 * @property {{ code: string, message: string } | null} error
 *
 * @typedef {object} MediaEvent
 * @property {"play" | "pause" | "volume" | "seek" | "load" | "ended" | "error"} name
 * @property {Record<string, unknown>} detail
 *
 * @typedef {import("./sources.js").Source} Source
 */

export class Media {
  /** @param {HTMLVideoElement} video */
  constructor(video) {
    /** @private */
    this._video = video;
    /** @private @type {Source | null} */
    this._source = null;
    /** @private */
    this._loads = 0;
    /** @private somebody wants it to play, though the browser may not allow it yet */
    this._wanted = false;
    /** @private */
    this._gestureRequired = false;
    /** @private */
    this._volumeFixed = false;
    /** @type {Signal<void>} the state may be another one */
    this.changed = new Signal();
    /** @type {Signal<MediaEvent>} */
    this.happened = new Signal();
  }

  /** Begin to watch the element. */
  start() {
    this._volumeFixed = isVolumeFixed();
    for (const type of TELLING) this._video.addEventListener(type, () => this._noticed(type));
  }

  /** @returns {MediaState} */
  get state() {
    const video = this._video;
    const playing = !video.paused && !video.ended;
    return {
      loaded: this._source !== null && !video.error,
      playing,
      buffering: playing && video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA,
      ended: video.ended,
      seekable: video.seekable.length > 0 && Number.isFinite(video.duration),
      position: video.currentTime,
      duration: Number.isFinite(video.duration) ? video.duration : null,
      rate: video.playbackRate,
      volume: Math.round(video.volume * 100),
      muted: video.muted,
      volumeFixed: this._volumeFixed,
      gestureRequired: this._gestureRequired,
      error: video.error ? { code: "media_error", message: this._failure() } : null,
    };
  }

  /**
   * Load `source`, and go to `position`; resolve once it can be played from there.
   * @param {Source} source
   * @param {number} [position] seconds
   */
  async load(source, position = 0) {
    const load = ++this._loads;
    this._source = source;
    this._video.src = source.url;
    this._video.load();
    await this._until("loadedmetadata", "error");
    if (load !== this._loads) throw new CallError("runtime_error", "another medium was loaded");
    if (this._video.error) throw new CallError("media_error", this._failure());
    if (position > 0) await this.seek(position);
  }

  /** Play; resolve once it does, or waits for nothing but data. */
  async play() {
    this._checkLoaded();
    this._wanted = true;
    const begun = this._video.play();
    begun.catch((error) => this._refused(error));
    try {
      await Promise.race([begun, this._buffers()]);
    } catch (error) {
      // A medium that breaks ends the attempt as a pause does; only the element knows the cause.
      this._checkLoaded();
      throw playError(error, this._failure());
    }
    this._allow();
  }

  async pause() {
    this._wanted = false;
    if (this._video.paused) return;
    const paused = this._until("pause");
    this._video.pause();
    await paused;
  }

  /** Pause, and go back to the beginning. */
  async stop() {
    await this.pause();
    if (this._video.currentTime > 0 && this.state.seekable) await this.seek(0);
  }

  /** @param {number} position seconds; beyond the medium is an error */
  async seek(position) {
    this._checkLoaded();
    const { seekable, duration } = this.state;
    if (!seekable || duration === null) {
      throw new CallError("not_supported", "one cannot seek in this medium");
    }
    if (position > duration + ROUNDING) {
      const range = `a number from 0 to ${duration} is needed`;
      throw new CallError("invalid_argument", `position is ${position}: ${range}`);
    }
    const arrived = this._until("seeked");
    this._video.currentTime = Math.min(position, duration);
    await arrived;
  }

  /** @param {number} offset seconds from here; clamped to the medium */
  async seekBy(offset) {
    const { position, duration } = this.state;
    await this.seek(Math.min(Math.max(0, position + offset), duration || 0));
  }

  /** @param {number} level 0 to 100 */
  async setVolume(level) {
    if (this._volumeFixed) {
      throw new CallError("not_supported", "this device sets the volume itself");
    }
    const volume = Math.min(Math.max(0, level), 100) / 100;
    if (this._video.volume === volume) return;
    const changed = this._until("volumechange");
    this._video.volume = volume;
    await changed;
  }

  /** @param {boolean} muted */
  async setMuted(muted) {
    if (this._video.muted === muted) return;
    const changed = this._until("volumechange");
    this._video.muted = muted;
    await changed;
  }

  /** Tell that the browser wants a click before it plays sound. */
  requireGesture() {
    this._gestureRequired = true;
    this.changed.emit();
  }

  /**
   * Use the click that is being handled: sound is allowed from now on, and what was asked to play
   * does.
   */
  async unlock() {
    this._allow();
    if (this._wanted && this._video.paused) await this.play();
  }

  /** @private */
  _allow() {
    if (!this._gestureRequired) return;
    this._gestureRequired = false;
    this.changed.emit();
  }

  /**
   * @private
   * @param {unknown} error
   */
  _refused(error) {
    if (wantsGesture(error)) this.requireGesture();
  }

  /** @private */
  _checkLoaded() {
    if (!this._source) throw new CallError("not_supported", "nothing is loaded");
    if (this._video.error) throw new CallError("media_error", this._failure());
  }

  /** @private */
  _failure() {
    return describeFailure(this._source && this._source.source, this._video.error);
  }

  /**
   * Resolve at the first of these events.
   * @private
   * @param {...string} types
   * @returns {Promise<void>}
   */
  _until(...types) {
    return new Promise((resolve) => {
      const arrived = () => {
        for (const type of types) this._video.removeEventListener(type, arrived);
        resolve();
      };
      for (const type of types) this._video.addEventListener(type, arrived);
    });
  }

  /**
   * Resolve when playback has been allowed and waits for data.
   * @private
   * @returns {Promise<void>}
   */
  _buffers() {
    return new Promise((resolve) => {
      setTimeout(() => {
        if (!this._video.paused) resolve();
      }, BUFFERING_PATIENCE);
    });
  }

  /**
   * @private
   * @param {string} type
   */
  _noticed(type) {
    const { position, volume, muted, duration, error, ended } = this.state;
    this.changed.emit();
    if (type === "play") this._tell("play", { position });
    if (type === "pause" && !ended) this._tell("pause", { position });
    if (type === "volumechange") this._tell("volume", { volume, muted });
    if (type === "seeked") this._tell("seek", { position });
    if (type === "ended") this._tell("ended", {});
    if (type === "error" && error) this._tell("error", error);
    if (type === "loadedmetadata" && this._source) {
      this._tell("load", { source: this._source.source, duration });
    }
  }

  /**
   * @private
   * @param {MediaEvent["name"]} name
   * @param {Record<string, unknown>} detail
   */
  _tell(name, detail) {
    this.happened.emit({ name, detail });
  }
}

/** Some devices (iOS) leave the volume to their buttons: what is written is not read back. */
function isVolumeFixed() {
  const probe = document.createElement("video");
  probe.volume = 0.5;
  return probe.volume !== 0.5;
}
