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
  #video;
  /** @type {Source | null} */
  #source = null;
  #loads = 0;
  /** @type {Promise<void> | null} the loading that is going on */
  #loading = null;
  /** somebody wants it to play, though the browser may not allow it yet */
  #wanted = false;
  /** it is being loaded, to be played then */
  #starting = false;
  /** what is wrong with the medium, where the element itself does not know @type {Flaw | null} */
  #flaw = null;
  #gestureRequired = false;
  #stream;
  #preload = new Preload(() => document.createElement("video"));
  /** @type {Signal<void>} the state may be another one */
  changed = new Signal();
  /** @type {Signal<MediaEvent>} */
  happened = new Signal();
  /** @type {Signal<string>} it plays, but its sound, of which this is the codec, is not heard */
  unheard = new Signal();
  /** @type {Signal<void>} it has moved on, as it does some times a second while it plays */
  moved = new Signal();

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    this.#stream = new Stream(video);
    this.volume = new Volume(video);
    this.subtitles = new Subtitles(video, this.#stream);
    this.sounds = new Sounds(video, this.#stream);
  }

  /** Begin to watch the element. */
  start() {
    this.volume.start();
    for (const type of TELLING) this.#video.addEventListener(type, () => this.#noticed(type));
    this.#video.addEventListener("timeupdate", () => this.moved.emit());
    this.#stream.changed.listen(() => this.changed.emit());
    this.volume.changed.listen((detail) => {
      this.changed.emit();
      this.#tell("volume", detail);
    });
    this.#stream.failed.listen((flaw) => this.#fail(flaw));
  }

  /** @returns {MediaState} */
  get state() {
    return describe(this.#video, {
      loaded: this.#source !== null,
      starting: this.#starting,
      failure: this.#failure(),
      gestureRequired: this.#gestureRequired,
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
    const load = ++this.#loads;
    this.#empty(source, how.play === true);
    const loading = this.#load(load, source, how).finally(() => {
      if (load !== this.#loads) return;
      this.#loading = null;
      this.#starting = false;
      this.changed.emit();
    });
    this.#loading = loading;
    return loading;
  }

  /** Whether somebody wants it to play: nobody has paused since it was last asked to. */
  get wanted() {
    return this.#wanted;
  }

  /**
   * Whether the browser says that it plays media of this type.
   * @param {string} type
   */
  canPlay(type) {
    return STREAMS.test(type) || this.#video.canPlayType(type) !== "";
  }

  /**
   * Fetch the beginning of what will be loaded next.
   * @param {Source | null} source
   */
  prepare(source) {
    this.#preload.fetch(source);
  }

  /** Play; resolve once it does, or waits for nothing but data. */
  async play() {
    this.#checkLoaded();
    this.#wanted = true;
    if (this.#loading) {
      this.#starting = true;
      this.changed.emit();
      await this.#loading;
      return;
    }
    await this.#play();
  }

  async #play() {
    const begun = this.#video.play();
    begun.catch((error) => this.#refused(error));
    try {
      await Promise.race([begun, this.#buffers()]);
    } catch (error) {
      // A medium that breaks ends the attempt as a pause does; only the element knows the cause.
      this.#checkLoaded();
      throw playError(error, mediaError(this.#source?.source ?? null, flawOf(null)));
    }
    this.#allow();
  }

  /** Play from the beginning, unless somebody pauses before it does. */
  async replay() {
    const load = this.#loads;
    this.#wanted = true;
    this.#starting = true;
    try {
      await this.seek(0);
      if (this.#starting && load === this.#loads) await this.#play();
    } finally {
      if (load === this.#loads) this.#starting = false;
      this.changed.emit();
    }
  }

  async pause() {
    this.#wanted = false;
    if (this.#starting) {
      this.#starting = false;
      this.changed.emit();
    }
    if (this.#video.paused) return;
    const paused = until(this.#video, "pause");
    this.#video.pause();
    await paused;
  }

  /** Pause, and go back to the beginning. */
  async stop() {
    await this.pause();
    if (this.#video.currentTime > 0 && this.state.seekable) await this.seek(0);
  }

  /** @param {number} position seconds; clamped to the medium */
  async seek(position) {
    this.#checkLoaded();
    const { seekable, duration } = this.state;
    if (!seekable || duration === null) {
      throw new CallError("not_supported", "one cannot seek in this medium");
    }
    const arrived = until(this.#video, "seeked");
    this.#video.currentTime = Math.min(position, duration);
    await arrived;
  }

  /** @param {number} offset seconds from here; clamped to the medium */
  async seekBy(offset) {
    const { position, duration } = this.state;
    await this.seek(Math.min(Math.max(0, position + offset), duration || 0));
  }

  /** @param {number} factor 1 is as it was recorded; it holds for what is loaded later, too */
  async setRate(factor) {
    const video = this.#video;
    if (video.playbackRate === factor) return;
    const changed = until(this.#video, "ratechange");
    video.defaultPlaybackRate = factor;
    video.playbackRate = factor;
    await changed;
  }

  /** Put the picture into a small window of its own, or back. */
  async togglePicture() {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await this.#video.requestPictureInPicture();
    } catch {
      throw new CallError("not_supported", "there is no picture that could be put into a window");
    }
  }

  /**
   * Be silent, or heard again.
   * @param {boolean} muted
   */
  async mute(muted) {
    const plays = !this.#video.paused;
    await this.volume.mute(muted);
    // A browser stops what it does not allow to be heard: to play it says so.
    if (plays && this.#video.paused && this.#wanted) await this.#play();
  }

  /** Tell that the browser wants a click before it plays sound. */
  requireGesture() {
    this.#gestureRequired = true;
    this.changed.emit();
  }

  /**
   * Use the click that is being handled: sound is allowed from now on, and what was asked to play
   * does.
   */
  async unlock() {
    this.#allow();
    if (this.#wanted && this.#video.paused) await this.play();
  }

  #allow() {
    if (!this.#gestureRequired) return;
    this.#gestureRequired = false;
    this.changed.emit();
  }

  /** @param {unknown} error */
  #refused(error) {
    if (wantsGesture(error)) this.requireGesture();
  }

  /**
   * Let go of what is loaded, for `source` to come.
   *
   * @param {Source} source
   * @param {boolean} play
   */
  #empty(source, play) {
    this.#source = source;
    this.#flaw = null;
    this.#wanted = play;
    this.#starting = play;
    this.#stream.close();
    this.subtitles.offer([]);
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  /**
   * @param {number} load
   * @param {Source} source
   * @param {Loading} how
   */
  async #load(load, source, { position = 0, exact = false, about = Promise.resolve(null) }) {
    const known = await about;
    this.#checkLatest(load);
    const picture = known && unknownPicture(known, (type) => this.canPlay(type));
    if (picture) this.#failPicture(`this browser cannot decode the picture (${picture})`);
    else this.#open(source);
    if (known) this.subtitles.offer(known.subtitles);
    if (!this.#flaw) await until(this.#video, "loadedmetadata", "error", "failure");
    this.#checkLatest(load);
    if (!this.#video.videoWidth && isFilm(known) && !this.#failure()) {
      this.#failPicture("this browser shows no picture of it");
    }
    this.#checkLoaded();
    const sound = known && unknownSound(known, (type) => this.canPlay(type));
    if (sound) this.unheard.emit(sound);
    const { duration } = this.state;
    const there = exact || duration === null ? position : Math.min(position, duration);
    if (there > 0) await this.seek(there);
    if (this.#starting && load === this.#loads) await this.#play();
  }

  /** @param {Source} source */
  #open(source) {
    if (isStream(source)) {
      void this.#stream.open(source.url);
    } else {
      this.#video.src = source.url;
      this.#video.load();
    }
  }

  /** @param {number} load */
  #checkLatest(load) {
    if (load !== this.#loads) throw new CallError("runtime_error", "another medium was loaded");
  }

  /**
   * Give the medium up.
   *
   * @param {Flaw} flaw what is wrong with it
   */
  #fail(flaw) {
    this.#flaw = flaw;
    this.#starting = false;
    this.#stream.close();
    this.#video.removeAttribute("src");
    this.#video.load();
    this.#video.dispatchEvent(new Event("failure"));
  }

  /** @param {string} words */
  #failPicture(words) {
    this.#fail({ reason: "picture", words });
  }

  #checkLoaded() {
    if (!this.#source) throw new CallError("not_supported", "nothing is loaded");
    const failure = this.#failure();
    if (failure) throw failure;
  }

  /** Return what is wrong with the medium, in words that name it; null if it is well. */
  #failure() {
    const flaw = this.#flaw || (this.#video.error && flawOf(this.#video.error));
    return flaw && mediaError(this.#source?.source ?? null, flaw);
  }

  /**
   * Resolve when playback has been allowed and waits for data.
   *
   * @returns {Promise<void>}
   */
  #buffers() {
    return new Promise((resolve) => {
      setTimeout(() => {
        if (!this.#video.paused) resolve();
      }, BUFFERING_PATIENCE);
    });
  }

  /** @param {string} type */
  #noticed(type) {
    const { position, duration, error, ended } = this.state;
    this.changed.emit();
    if (type === "play") this.#tell("play", { position });
    if (type === "pause" && !ended) this.#tell("pause", { position });
    if (type === "seeked") this.#tell("seek", { position });
    if (type === "ended") this.#tell("ended", {});
    if ((type === "error" || type === "failure") && error) this.#tell("error", error);
    if (type === "loadedmetadata" && this.#source) {
      this.#tell("load", { source: this.#source.source, duration });
    }
  }

  /**
   * @param {MediaEvent["name"]} name
   * @param {Record<string, unknown>} detail
   */
  #tell(name, detail) {
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
