/** The `<video>` element; no module but this one and its parts (`media_*.js`) touches one. */

import { CallError } from "../protocol/errors.js";
import { unknownPicture, unknownSound } from "./codecs.js";
import { until } from "./awaited-event.js";
import { flawOf, mediaError, playError, wantsGesture } from "./flaws.js";
import { Preload } from "./preload.js";
import { describe } from "./media-state.js";
import { Sounds } from "./sounds.js";
import { Stream } from "./stream.js";
import { Subtitles } from "./subtitles.js";
import { Volume } from "./volume.js";
import { Signal } from "../events/signal.js";
import { isStream } from "../protocol/sources.js";

/** Media events after which something that others see may be different. */
const TELLING = [
  "play",
  "playing",
  "pause",
  "waiting",
  "canplay",
  "seeked",
  "ended",
  "ratechange",
  "durationchange",
  "loadedmetadata",
  "emptied",
  "error",
  "failure",
];
/** Milliseconds after which playback that has begun to wait for data counts as begun. */
const BUFFERING_PATIENCE = 1500;

/** Types of streams that hls.js plays, whatever the browser itself says. */
const STREAMS = /^application\/(?:vnd\.apple\.mpegurl|x-mpegurl)\b/i;

/**
 * @typedef {import("./media-state.js").MediaState} MediaState
 *
 * @typedef {object} Loading how a medium is loaded
 * @property {number} [position] seconds
 * @property {boolean} [exact] a position beyond the medium is an error, not its end
 * @property {boolean} [play] play it as soon as it is there
 * @property {Promise<About | null>} [about] what the library knows of it
 *
 * @typedef {object} MediaEvent
 * @property {import("../player/voice.js").EventName} name
 * @property {Record<string, unknown>} detail
 *
 * @typedef {import("../library/catalogue.js").About} About
 * @typedef {import("./flaws.js").Flaw} Flaw
 * @typedef {import("../protocol/sources.js").Source} Source
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
    /** @private @type {Promise<void> | null} the loading that is going on */
    this._loading = null;
    /** @private somebody wants it to play, though the browser may not allow it yet */
    this._wanted = false;
    /** @private it is being loaded, to be played then */
    this._starting = false;
    /** @private what is wrong with the medium, where the element itself does not know @type {Flaw | null} */
    this._flaw = null;
    /** @private */
    this._gestureRequired = false;
    /** @private */
    this._stream = new Stream(video);
    /** @private */
    this._preload = new Preload(() => document.createElement("video"));
    this.volume = new Volume(video);
    this.subtitles = new Subtitles(video, this._stream);
    this.sounds = new Sounds(video, this._stream);
    /** @type {Signal<void>} the state may be another one */
    this.changed = new Signal();
    /** @type {Signal<MediaEvent>} */
    this.happened = new Signal();
    /** @type {Signal<string>} it plays, but its sound, of which this is the codec, is not heard */
    this.unheard = new Signal();
    /** @type {Signal<void>} it has moved on, as it does some times a second while it plays */
    this.moved = new Signal();
  }

  /** Begin to watch the element. */
  start() {
    this.volume.start();
    for (const type of TELLING) this._video.addEventListener(type, () => this._noticed(type));
    this._video.addEventListener("timeupdate", () => this.moved.emit());
    this._stream.changed.listen(() => this.changed.emit());
    this.volume.changed.listen((detail) => {
      this.changed.emit();
      this._tell("volume", detail);
    });
    this._stream.failed.listen((flaw) => this._fail(flaw));
  }

  /** @returns {MediaState} */
  get state() {
    return describe(this._video, {
      loaded: this._source !== null,
      starting: this._starting,
      failure: this._failure(),
      gestureRequired: this._gestureRequired,
      volume: this.volume,
      subtitles: this.subtitles.state,
      audio: this.sounds.state,
    });
  }

  /**
   * Load `source` in place of what is there; resolve once it can be played, or does.
   * @param {Source} source
   * @param {Loading} [how]
   */
  load(source, how = {}) {
    const load = ++this._loads;
    this._empty(source, how.play === true);
    const loading = this._load(load, source, how).finally(() => {
      if (load !== this._loads) return;
      this._loading = null;
      this._starting = false;
      this.changed.emit();
    });
    this._loading = loading;
    return loading;
  }

  /** Whether somebody wants it to play: nobody has paused since it was last asked to. */
  get wanted() {
    return this._wanted;
  }

  /**
   * Whether the browser says that it plays media of this type.
   * @param {string} type
   */
  canPlay(type) {
    return STREAMS.test(type) || this._video.canPlayType(type) !== "";
  }

  /**
   * Fetch the beginning of what will be loaded next.
   * @param {Source | null} source
   */
  prepare(source) {
    this._preload.fetch(source);
  }

  /** Play; resolve once it does, or waits for nothing but data. */
  async play() {
    this._checkLoaded();
    this._wanted = true;
    if (this._loading) {
      this._starting = true;
      this.changed.emit();
      await this._loading;
      return;
    }
    await this._play();
  }

  /** @private */
  async _play() {
    const begun = this._video.play();
    begun.catch((error) => this._refused(error));
    try {
      await Promise.race([begun, this._buffers()]);
    } catch (error) {
      // A medium that breaks ends the attempt as a pause does; only the element knows the cause.
      this._checkLoaded();
      throw playError(error, mediaError(this._source && this._source.source, flawOf(null)));
    }
    this._allow();
  }

  /** Play from the beginning, unless somebody pauses before it does. */
  async replay() {
    const load = this._loads;
    this._wanted = true;
    this._starting = true;
    try {
      await this.seek(0);
      if (this._starting && load === this._loads) await this._play();
    } finally {
      if (load === this._loads) this._starting = false;
      this.changed.emit();
    }
  }

  async pause() {
    this._wanted = false;
    if (this._starting) {
      this._starting = false;
      this.changed.emit();
    }
    if (this._video.paused) return;
    const paused = until(this._video, "pause");
    this._video.pause();
    await paused;
  }

  /** Pause, and go back to the beginning. */
  async stop() {
    await this.pause();
    if (this._video.currentTime > 0 && this.state.seekable) await this.seek(0);
  }

  /** @param {number} position seconds; clamped to the medium */
  async seek(position) {
    this._checkLoaded();
    const { seekable, duration } = this.state;
    if (!seekable || duration === null) {
      throw new CallError("not_supported", "one cannot seek in this medium");
    }
    const arrived = until(this._video, "seeked");
    this._video.currentTime = Math.min(position, duration);
    await arrived;
  }

  /** @param {number} offset seconds from here; clamped to the medium */
  async seekBy(offset) {
    const { position, duration } = this.state;
    await this.seek(Math.min(Math.max(0, position + offset), duration || 0));
  }

  /** @param {number} factor 1 is as it was recorded; it holds for what is loaded later, too */
  async setRate(factor) {
    const video = this._video;
    if (video.playbackRate === factor) return;
    const changed = until(this._video, "ratechange");
    video.defaultPlaybackRate = factor;
    video.playbackRate = factor;
    await changed;
  }

  /** Put the picture into a small window of its own, or back. */
  async togglePicture() {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await this._video.requestPictureInPicture();
    } catch {
      throw new CallError("not_supported", "there is no picture that could be put into a window");
    }
  }

  /**
   * Be silent, or heard again.
   * @param {boolean} muted
   */
  async mute(muted) {
    const plays = !this._video.paused;
    await this.volume.mute(muted);
    // A browser stops what it does not allow to be heard: to play it says so.
    if (plays && this._video.paused && this._wanted) await this._play();
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

  /**
   * Let go of what is loaded, for `source` to come.
   * @private
   * @param {Source} source
   * @param {boolean} play
   */
  _empty(source, play) {
    this._source = source;
    this._flaw = null;
    this._wanted = play;
    this._starting = play;
    this._stream.close();
    this.subtitles.offer([]);
    this._video.removeAttribute("src");
    this._video.load();
  }

  /**
   * @private
   * @param {number} load
   * @param {Source} source
   * @param {Loading} how
   */
  async _load(load, source, { position = 0, exact = false, about = Promise.resolve(null) }) {
    const known = await about;
    this._checkLatest(load);
    const picture = known && unknownPicture(known, (type) => this.canPlay(type));
    if (picture) this._failPicture(`this browser cannot decode the picture (${picture})`);
    else this._open(source);
    if (known) this.subtitles.offer(known.subtitles);
    if (!this._flaw) await until(this._video, "loadedmetadata", "error", "failure");
    this._checkLatest(load);
    if (!this._video.videoWidth && isFilm(known) && !this._failure()) {
      this._failPicture("this browser shows no picture of it");
    }
    this._checkLoaded();
    const sound = known && unknownSound(known, (type) => this.canPlay(type));
    if (sound) this.unheard.emit(sound);
    const { duration } = this.state;
    const there = exact || duration === null ? position : Math.min(position, duration);
    if (there > 0) await this.seek(there);
    if (this._starting && load === this._loads) await this._play();
  }

  /**
   * @private
   * @param {Source} source
   */
  _open(source) {
    if (isStream(source)) {
      void this._stream.open(source.url);
    } else {
      this._video.src = source.url;
      this._video.load();
    }
  }

  /**
   * @private
   * @param {number} load
   */
  _checkLatest(load) {
    if (load !== this._loads) throw new CallError("runtime_error", "another medium was loaded");
  }

  /**
   * Give the medium up.
   * @private
   * @param {Flaw} flaw what is wrong with it
   */
  _fail(flaw) {
    this._flaw = flaw;
    this._starting = false;
    this._stream.close();
    this._video.removeAttribute("src");
    this._video.load();
    this._video.dispatchEvent(new Event("failure"));
  }

  /**
   * @private
   * @param {string} words
   */
  _failPicture(words) {
    this._fail({ reason: "picture", words });
  }

  /** @private */
  _checkLoaded() {
    if (!this._source) throw new CallError("not_supported", "nothing is loaded");
    const failure = this._failure();
    if (failure) throw failure;
  }

  /**
   * Return what is wrong with the medium, in words that name it; null if it is well.
   * @private
   */
  _failure() {
    const flaw = this._flaw || (this._video.error && flawOf(this._video.error));
    return flaw && mediaError(this._source && this._source.source, flaw);
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
    const { position, duration, error, ended } = this.state;
    this.changed.emit();
    if (type === "play") this._tell("play", { position });
    if (type === "pause" && !ended) this._tell("pause", { position });
    if (type === "seeked") this._tell("seek", { position });
    if (type === "ended") this._tell("ended", {});
    if ((type === "error" || type === "failure") && error) this._tell("error", error);
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

/**
 * Tell whether the library knows of a picture.
 * @param {About | null} about
 */
function isFilm(about) {
  return about !== null && about.tracks.some(({ kind }) => kind === "video");
}
