/** The player's media: what plays, and how. Only this folder touches `<video>`. */

import { CallError } from "../protocol/errors.js";
import { Abilities } from "./delivery/abilities.js";
import { absence } from "./delivery/absence.js";
import { Display } from "./display/display.js";
import { Growth } from "./growth.js";
import { LinkMeter } from "./delivery/link-meter.js";
import { errorState, mediaError } from "./media-errors.js";
import { MediumDelivery } from "./delivery/medium-delivery.js";
import { MediumLoader } from "./delivery/medium-loader.js";
import { Preload } from "./delivery/preload.js";
import { describe } from "./media-state.js";
import { RealEnd } from "./real-end.js";
import { Sounds } from "./sounds/sounds.js";
import { Stream } from "./stream.js";
import { Subtitles } from "./subtitles/subtitles.js";
import { Volume } from "./sounds/volume.js";
import { Signal } from "../events/signal.js";

/** The events of media elements after which the state may have changed. */
const CHANGES = [
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

/** @type {import("./media-errors.js").Flaw} */
const CUT_OFF = { reason: "cut_off", words: "the file is incomplete" };

/**
 * @typedef {import("./media-state.js").MediaState} MediaState
 * @typedef {import("./delivery/medium-loader.js").Loading} Loading
 * @typedef {import("../protocol/sources.js").Source} Source
 *
 * @typedef {object} MediaEvent
 * @property {import("../player/state/voice.js").EventName} name
 * @property {Record<string, unknown>} detail
 */

export class Media {
  #video;
  #abilities;
  #delivery;
  #display;
  #loader;
  #stream;
  #link;
  #realEnd;
  #growth = new Growth();
  /** whether the medium has ended, but may go on after the next look at its file */
  #awaitsGrowth = false;
  #preload = new Preload(() => document.createElement("video"));
  /** @type {Signal<void>} the state may have changed */
  changed = new Signal();
  /** @type {Signal<MediaEvent>} */
  happened = new Signal();
  /** @type {Signal<void>} the position has changed, some times a second while it plays */
  moved = new Signal();

  /**
   * @param {HTMLVideoElement} video
   * @param {import("./delivery/medium-delivery.js").Surroundings & { photoSeconds: number }} surroundings
   */
  constructor(video, surroundings) {
    this.#video = video;
    this.#abilities = new Abilities(video);
    this.#delivery = new MediumDelivery(this.#abilities, surroundings);
    this.#stream = new Stream(video);
    this.#display = new Display(video, this.#stream, surroundings.photoSeconds);
    this.#loader = new MediumLoader(this.#display, this.#delivery, this.#abilities);
    this.#realEnd = new RealEnd(video, this.#display, this.#stream);
    this.#link = new LinkMeter(video, this.#stream, () => this.#delivery.rate);
    this.volume = new Volume(video);
    this.subtitles = new Subtitles(video, this.#stream, {
      isPossible: () => this.#delivery.isConvertible,
      burn: async (track) => {
        if (this.#delivery.burn(track)) await this.#loader.reopen();
      },
    });
    this.sounds = new Sounds(video, this.#stream, this.#delivery, () => this.#loader.reopen());
  }

  /** Start to listen to the element. */
  start() {
    this.volume.start();
    this.#link.start();
    this.#link.changed.listen(async (rate) => {
      await this.settled();
      if (this.#delivery.noteLink(rate)) this.#loader.reopen().catch(() => {});
    });
    for (const type of CHANGES) this.#display.listen(type, () => this.#noticed(type));
    this.#realEnd.start();
    this.#realEnd.ended.listen(() => this.#noticed("ended"));
    this.#display.listen("timeupdate", () => this.moved.emit());
    this.#loader.offered.listen((subtitles) => this.subtitles.offer(subtitles));
    for (const part of [this.#display, this.#loader, this.#stream, this.#growth, this.subtitles]) {
      part.changed.listen(() => this.changed.emit());
    }
    this.#growth.changed.listen(() => {
      if (!this.#awaitsGrowth || !this.#isAtEnd) return;
      this.#awaitsGrowth = false;
      this.#noticed("ended");
    });
    this.volume.changed.listen((detail) => {
      this.changed.emit();
      this.#emit("volume", detail);
    });
    this.#stream.failed.listen((flaw) => this.#loader.fail(flaw));
  }

  /** @returns {MediaState} */
  get state() {
    return describe(this.#display.screen, {
      loaded: this.#loader.source !== null,
      over: this.#realEnd.isOver,
      starting: this.#loader.starting,
      awaiting: this.#goesOn && this.wanted,
      failure: this.#loader.failure,
      gestureRequired: this.#display.gestureRequired,
      volume: this.volume,
      subtitles: this.subtitles.state,
      audio: this.sounds.state,
      audioChoice: this.sounds.canChoose,
      held: this.#loader.held,
      longer: this.#growth.duration,
      way: this.#loader.source && this.#delivery.way,
      speed: this.#stream.speed,
      convertible: this.#delivery.isConvertible,
    });
  }

  /**
   * Load `source` in place of the present medium; resolve once it can be played, or plays.
   * @param {Source} source
   * @param {Loading} [how]
   */
  load(source, how = {}) {
    const { about = Promise.resolve(null), again = () => about } = how;
    void this.#growth.follow(about, again);
    return this.#loader.load(source, how);
  }

  /**
   * Reject with `media_error` if a medium does not exist or, while another one plays, certainly
   * cannot be played; the present one stays as it is.
   * @param {Source} source
   * @param {Promise<import("../library/catalogue.js").About | null>} about its entry in the library
   */
  async check(source, about) {
    const known = await about;
    const { playing } = this.state;
    const flaw = known ? playing && this.#delivery.refusal(source, known) : await absence(source);
    if (flaw) throw mediaError(source.source, flaw);
  }

  /**
   * Load the medium again at its position, delivered in this way.
   * @param {import("./delivery/decision.js").Kind | "auto"} kind
   */
  async deliver(kind) {
    const { source } = this.#loader;
    if (!source) throw new CallError("not_supported", "nothing is loaded");
    if (!this.#delivery.force(kind)) {
      const words = `${source.source} cannot be played in the way ${JSON.stringify(kind)} here`;
      throw new CallError("not_supported", words);
    }
    await this.#loader.reopen();
  }

  /** Resolve once nothing is being loaded. */
  settled() {
    return this.#loader.settled();
  }

  /** Whether it was asked to play, and not paused since. */
  get wanted() {
    return this.#loader.wanted;
  }

  /**
   * Whether the browser says that it plays media of this type.
   * @param {string} type
   */
  canPlay(type) {
    return this.#abilities.plays(type);
  }

  /**
   * Fetch the beginning of the next medium.
   * @param {Source | null} source
   */
  prepare(source) {
    this.#preload.fetch(source);
  }

  /** Play; resolve once it plays, or waits only for data. */
  async play() {
    if (!this.#goesOn) return this.#loader.play();
    this.#loader.want();
    this.#noticed("ended");
  }

  /** The error of a medium that has ended too early; null for another one. */
  get incomplete() {
    const { source } = this.#loader;
    return source && this.#realEnd.isEarly ? mediaError(source.source, CUT_OFF) : null;
  }

  /** Play from the beginning, unless it is paused before it plays. */
  replay() {
    return this.#loader.replay();
  }

  async pause() {
    const waits = this.#goesOn;
    await this.#loader.pause();
    // the element has no event for it: it has paused at its end
    if (waits) this.changed.emit();
  }

  /** Pause, and seek to the beginning. */
  async stop() {
    await this.pause();
    if (this.#display.screen.currentTime > 0 && this.state.seekable) await this.seek(0);
  }

  /** @param {number} position seconds; clamped to the duration */
  async seek(position) {
    const isBeyond = this.#growth.hasGrown && position > this.#display.screen.duration;
    // a medium that is being opened again will have what was recorded
    if (!isBeyond || this.#loader.held) return this.#loader.seek(position);
    await this.#loader.reopen(position);
    this.#emit("seek", { position: this.state.position });
  }

  /** @param {number} offset seconds from the position; clamped to the duration */
  async seekBy(offset) {
    await this.#loader.opened();
    const { position, duration } = this.state;
    await this.seek(Math.min(Math.max(0, position + offset), duration || 0));
  }

  /** @param {number} factor 1 is normal speed; it also applies to media loaded later */
  setRate(factor) {
    return this.#display.setRate(factor);
  }

  /** Move the picture into a small window of its own, or back. */
  togglePicture() {
    return this.#display.togglePicture();
  }

  /** @param {boolean} muted */
  async mute(muted) {
    const plays = !this.#video.paused;
    await this.volume.mute(muted);
    // a browser that does not allow sound pauses here; playing again reports the reason
    if (plays && this.#video.paused && this.wanted) await this.#loader.play();
  }

  /** Note that the browser requires a click before it plays sound. */
  requireGesture() {
    this.#display.requireGesture();
  }

  /** Allow sound, in the handler of a click, and play what was asked to. */
  async unlock() {
    this.#display.allow();
    if (this.wanted && this.#display.screen.paused) await this.play();
  }

  /** @param {string} type */
  #noticed(type) {
    const isError = type === "error" || type === "failure";
    if (isError && this.#loader.recovers()) return;
    if (type === "ended" && this.#goesOn) return this.#goOn();
    if (type === "loadedmetadata") this.#growth.open();
    if (type === "playing") this.sounds.prepare();
    const { position, duration, error, ended } = this.state;
    this.changed.emit();
    // a medium that is loaded again has not moved for others
    if (this.#loader.held && !error) return;
    const { source } = this.#loader;
    if (type === "play") this.#emit("play", { position });
    if (type === "pause" && !ended && !this.#goesOn) this.#emit("pause", { position });
    if (type === "seeked") this.#emit("seek", { position });
    const { incomplete } = this;
    if (type === "ended" && incomplete) this.#emit("error", errorState(incomplete));
    if (type === "ended") this.#emit("ended", {});
    if (isError && error) this.#emit("error", error);
    if (type === "loadedmetadata" && source) {
      this.#emit("load", { source: source.source, duration });
    }
  }

  get #isAtEnd() {
    return !this.#loader.held && (this.#display.screen.ended || this.#realEnd.isOver);
  }

  /** Whether it goes on after the end of what was opened, because its file grows. */
  get #goesOn() {
    const { grows } = this.#growth;
    return this.#isAtEnd && (grows || this.#growth.goesOnAfter(this.#realEnd.reached));
  }

  /** At the end of what was opened: open what was recorded since, or wait for the next check. */
  #goOn() {
    const { reached } = this.#realEnd;
    const isLonger = this.#growth.goesOnAfter(reached);
    this.#awaitsGrowth = !isLonger;
    if (isLonger) this.#loader.reopen(reached).catch(() => {});
    else this.changed.emit();
  }

  /**
   * @param {MediaEvent["name"]} name
   * @param {Record<string, unknown>} detail
   */
  #emit(name, detail) {
    this.happened.emit({ name, detail });
  }
}
