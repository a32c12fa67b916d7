/** The `<video>` element, or a photo in its place; no module but this one and its parts (`media_*.js`) touches one. */

import { CallError } from "../protocol/errors.js";
import { Abilities } from "./abilities.js";
import { until } from "./awaited-event.js";
import { LinkMeter } from "./link-meter.js";
import { flawOf, mediaError, playError, wantsGesture } from "./flaws.js";
import { MediumDelivery } from "./medium-delivery.js";
import { Preload } from "./preload.js";
import { describe } from "./media-state.js";
import { Sounds } from "./sounds.js";
import { Still } from "./still.js";
import { Stream } from "./stream.js";
import { Subtitles } from "./subtitles.js";
import { Volume } from "./volume.js";
import { Slide } from "./slide.js";
import { Signal } from "../events/signal.js";
import { isPhoto, isStream } from "../protocol/sources.js";

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
/** Seconds by which a medium that begins somewhere may be off. */
const NEAR = 0.25;

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
  /** where the medium is while it is loaded again @type {{ position: number, duration: number | null } | null} */
  #held = null;
  #abilities;
  #delivery;
  #slide;
  #still;
  #stream;
  #link;
  #preload = new Preload(() => document.createElement("video"));
  /** @type {Signal<void>} the state may be another one */
  changed = new Signal();
  /** @type {Signal<MediaEvent>} */
  happened = new Signal();
  /** @type {Signal<void>} it has moved on, as it does some times a second while it plays */
  moved = new Signal();

  /**
   * @param {HTMLVideoElement} video
   * @param {import("./medium-delivery.js").Surroundings & { photoSeconds: number }} surroundings
   */
  constructor(video, surroundings) {
    this.#video = video;
    this.#abilities = new Abilities(video);
    this.#delivery = new MediumDelivery(this.#abilities, surroundings);
    this.#slide = new Slide(video, surroundings.photoSeconds);
    this.#still = new Still(video);
    this.#stream = new Stream(video);
    this.#link = new LinkMeter(video, this.#stream, () => this.#delivery.rate);
    this.volume = new Volume(video);
    this.subtitles = new Subtitles(video, this.#stream, {
      isPossible: () => this.#delivery.isConvertible,
      burn: async (track) => {
        if (this.#delivery.burn(track)) await this.#reopen();
      },
    });
    this.sounds = new Sounds(video, this.#stream, this.#delivery, () => this.#reopen());
  }

  /** Begin to watch the element. */
  start() {
    this.volume.start();
    this.#link.start();
    this.#link.changed.listen(async (rate) => {
      await this.settled();
      if (this.#delivery.noteLink(rate)) this.#reopen().catch(() => {});
    });
    for (const screen of [this.#video, this.#slide]) {
      const heard = (/** @type {string} */ type, /** @type {() => void} */ tell) =>
        screen.addEventListener(type, () => {
          if (screen === this.#screen) tell();
        });
      for (const type of TELLING) heard(type, () => this.#noticed(type));
      heard("timeupdate", () => this.moved.emit());
    }
    this.#stream.changed.listen(() => this.changed.emit());
    this.subtitles.changed.listen(() => this.changed.emit());
    this.volume.changed.listen((detail) => {
      this.changed.emit();
      this.#tell("volume", detail);
    });
    this.#stream.failed.listen((flaw) => this.#fail(flaw));
  }

  /** @returns {MediaState} */
  get state() {
    return describe(this.#screen, {
      loaded: this.#source !== null,
      starting: this.#starting,
      failure: this.#failure(),
      gestureRequired: this.#gestureRequired && this.#screen === this.#video,
      volume: this.volume,
      subtitles: this.subtitles.state,
      audio: this.sounds.state,
      audioChoice: this.sounds.canChoose,
      held: this.#held,
      way: this.#source && this.#delivery.way,
      speed: this.#stream.speed,
      convertible: this.#delivery.isConvertible,
    });
  }

  /**
   * Load `source` in place of what is there; resolve once it can be played, or does.
   * @param {Source} source
   * @param {Loading} [how]
   */
  load(source, how = {}) {
    const load = ++this.#loads;
    this.#held = null;
    this.#still.release();
    this.#source = source;
    this.#wanted = how.play === true;
    this.subtitles.offer([]);
    this.#empty();
    return this.#follow(load, this.#load(load, source, how));
  }

  /**
   * Let the medium come in this way, at the place where it is.
   * @param {import("./delivery.js").Kind | "auto"} kind
   */
  async deliver(kind) {
    if (!this.#source) throw new CallError("not_supported", "nothing is loaded");
    if (!this.#delivery.force(kind)) {
      const words = `${this.#source.source} cannot be played in the way ${JSON.stringify(kind)} here`;
      throw new CallError("not_supported", words);
    }
    await this.#reopen();
  }

  /** Resolves once nothing is being loaded any more. */
  async settled() {
    while (this.#loading) await this.#loading.catch(() => {});
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
    return this.#abilities.plays(type);
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
    const begun = this.#screen.play();
    begun.catch((error) => this.#refused(error));
    try {
      await Promise.race([begun, this.#buffers()]);
    } catch (error) {
      // A medium that breaks ends the attempt as a pause does; only the element knows the cause.
      this.#checkLoaded();
      throw playError(error, mediaError(this.#source?.source ?? null, flawOf(null)));
    }
    if (this.#screen === this.#video) this.#allow();
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
    const screen = this.#screen;
    if (screen.paused) return;
    const paused = until(screen, "pause");
    screen.pause();
    await paused;
  }

  /** Pause, and go back to the beginning. */
  async stop() {
    await this.pause();
    if (this.#screen.currentTime > 0 && this.state.seekable) await this.seek(0);
  }

  /** @param {number} position seconds; clamped to the medium */
  async seek(position) {
    await this.#opened();
    await this.#seek(position);
  }

  /** Resolve once the medium is known, if it is only being loaded; reject if it fails. */
  async #opened() {
    this.#checkLoaded();
    while (this.#loading && (this.#held || !this.state.seekable)) {
      await this.#loading.catch(() => {});
      this.#checkLoaded();
    }
  }

  /** @param {number} position seconds */
  async #seek(position) {
    const screen = this.#screen;
    const { duration } = screen;
    if (!screen.seekable.length || !Number.isFinite(duration)) {
      throw new CallError("not_supported", "one cannot seek in this medium");
    }
    const arrived = until(screen, "seeked", "superseded");
    screen.currentTime = Math.min(position, duration);
    await arrived;
  }

  /** @param {number} offset seconds from here; clamped to the medium */
  async seekBy(offset) {
    await this.#opened();
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
    this.#slide.playbackRate = factor;
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
    if (this.#wanted && this.#screen.paused) await this.play();
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

  /** What shows the medium. @returns {import("./slide.js").Screen} */
  get #screen() {
    return this.#source && isPhoto(this.#source) ? this.#slide : this.#video;
  }

  /** Let go of what is loaded, for something else to come. */
  #empty() {
    this.#flaw = null;
    this.#starting = this.#wanted;
    this.#close();
    // Who waits for the one that is not shown any more would wait for ever.
    for (const it of [this.#video, this.#slide]) it.dispatchEvent(new Event("superseded"));
  }

  #close() {
    this.#stream.close();
    this.#slide.close();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  /**
   * @param {number} load
   * @param {Promise<void>} loading
   */
  #follow(load, loading) {
    this.#loading = loading.finally(() => {
      if (load !== this.#loads) return;
      this.#loading = null;
      this.#starting = false;
      // Where it broke off, it goes on if it can be played in another way.
      if (!this.#failure()) this.#held = null;
      this.#still.release();
      this.changed.emit();
    });
    return this.#loading;
  }

  /**
   * @param {number} load
   * @param {Source} source
   * @param {Loading} how
   */
  async #load(load, source, { position = 0, exact = false, about = Promise.resolve(null) }) {
    const known = await about;
    const smooth = await this.#abilities.smooth(known);
    this.#checkLatest(load);
    this.#delivery.begin(source, known, smooth);
    if (known) this.subtitles.offer(known.subtitles);
    await this.#arrive(load, position, exact);
  }

  /** Load the medium again, in the way that is chosen now, where it is. */
  #reopen() {
    const load = ++this.#loads;
    const { position, duration } = this.state;
    this.#held ??= { position, duration };
    this.#still.hold();
    this.#empty();
    this.changed.emit();
    return this.#follow(load, this.#arrive(load, this.#held.position, false));
  }

  /**
   * Open the medium in the first way in which it plays, and go where it is to begin.
   *
   * @param {number} load
   * @param {number} position seconds
   * @param {boolean} exact
   */
  async #arrive(load, position, exact) {
    /** @type {Flaw | null} */
    let first = null;
    do {
      this.#open(position);
      if (!this.#flaw)
        await until(this.#screen, "loadedmetadata", "error", "failure", "superseded");
      this.#checkLatest(load);
      if (!this.#screen.videoWidth && this.#delivery.hasPicture && !this.#currentFlaw) {
        this.#fail({ reason: "picture", words: "this browser shows no picture of it" });
      }
      // That there is no such stream, either, says less than what was wrong with the file.
      if (first && this.#flaw?.status === 404) this.#flaw = first;
      first = first || this.#currentFlaw;
    } while (this.#fallBack());
    this.#checkLoaded();
    const { duration } = this.state;
    const there = exact || duration === null ? position : Math.min(position, duration);
    if (Math.abs(there - this.#screen.currentTime) > NEAR) await this.#seek(there);
    if (this.#starting && load === this.#loads) await this.#play();
  }

  /** Choose another way, if there is one for what is wrong. */
  #fallBack() {
    const flaw = this.#currentFlaw;
    if (!flaw || !this.#delivery.fail(flaw)) return false;
    this.#flaw = null;
    this.#close();
    return true;
  }

  /** @param {number} position seconds */
  #open(position) {
    const { address, way, sound, flaw, isHopeless } = this.#delivery;
    if (!way || isHopeless) this.#fail(flaw);
    else if (this.#screen === this.#slide) this.#slide.open(address);
    else if (way.plan || isStream({ url: address })) {
      void this.#stream.open(address, way.plan ? { position, sound } : {});
    } else {
      this.#video.src = address;
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
    if (!this.#loading && this.#delivery.fail(flaw)) {
      this.#reopen().catch(() => {});
      return;
    }
    this.#flaw = flaw;
    if (!this.#delivery.canFallBack(flaw.reason)) this.#starting = false;
    this.#close();
    this.#screen.dispatchEvent(new Event("failure"));
  }

  #checkLoaded() {
    if (!this.#source) throw new CallError("not_supported", "nothing is loaded");
    const failure = this.#failure();
    if (failure) throw failure;
  }

  /** Return what is wrong with the medium, in words that name it; null if it is well. */
  #failure() {
    const flaw = this.#currentFlaw;
    return flaw && mediaError(this.#source?.source ?? null, flaw);
  }

  get #currentFlaw() {
    const found = this.#flaw || (this.#screen.error && flawOf(this.#screen.error));
    return found && (this.#delivery.fileFlaw || found);
  }

  /**
   * Resolve when playback has been allowed and waits for data.
   *
   * @returns {Promise<void>}
   */
  #buffers() {
    return new Promise((resolve) => {
      setTimeout(() => {
        if (!this.#screen.paused) resolve();
      }, BUFFERING_PATIENCE);
    });
  }

  /** @param {string} type */
  #noticed(type) {
    const flaw = type === "error" || type === "failure" ? this.#currentFlaw : null;
    // Before anybody sees an error, the medium is tried in another way.
    if (flaw && this.#delivery.canFallBack(flaw.reason)) {
      if (!this.#loading && this.#delivery.fail(flaw)) this.#reopen().catch(() => {});
      return;
    }
    if (type === "playing") this.sounds.prepare();
    const { position, duration, error, ended } = this.state;
    this.changed.emit();
    // To others, a medium that is loaded again has not moved.
    if (this.#held && !error) return;
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
