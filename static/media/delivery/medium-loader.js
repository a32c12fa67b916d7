/** Loads a medium in the first way in which it plays, and in another if that way fails. */

import { CallError } from "../../protocol/errors.js";
import { isPhoto } from "../../protocol/sources.js";
import { Signal } from "../../events/signal.js";
import { until } from "../awaited-event.js";
import { flawOf, mediaError, playError } from "../media-errors.js";

/** Seconds by which the start of a medium may be off. */
const NEAR = 0.25;

/**
 * @typedef {object} Loading how a medium is loaded
 * @property {number} [position] seconds
 * @property {boolean} [exact] a position after the end is an error; otherwise it is the end
 * @property {boolean} [play] play it once it is loaded
 * @property {Promise<About | null>} [about] its entry in the library
 * @property {() => Promise<About | null>} [again] requests the entry as it is now
 *
 * @typedef {import("../../library/catalogue.js").About} About
 * @typedef {import("../media-errors.js").Flaw} Flaw
 * @typedef {import("../../protocol/sources.js").Source} Source
 */

export class MediumLoader {
  #display;
  #delivery;
  #abilities;
  /** the number of loads, to ignore the results of earlier ones */
  #loads = 0;
  /** @type {Promise<void> | null} the present load */
  #loading = null;
  /** @type {Flaw | null} what is wrong with the medium, if the element does not know it */
  #flaw = null;
  #wanted = false;
  #starting = false;
  /** whether the present load has reached the position where it starts */
  #isAtStart = false;
  /** @type {Source | null} */
  source = null;
  /** @type {{ position: number, duration: number | null } | null} while it is loaded again */
  held = null;
  /** @type {Signal<void>} */
  changed = new Signal();
  /** @type {Signal<About["subtitles"]>} the subtitles of the medium that is being loaded */
  offered = new Signal();

  /**
   * @param {import("../display/display.js").Display} display
   * @param {import("./medium-delivery.js").MediumDelivery} delivery
   * @param {import("./abilities.js").Abilities} abilities
   */
  constructor(display, delivery, abilities) {
    this.#display = display;
    this.#delivery = delivery;
    this.#abilities = abilities;
  }

  /** Whether it was asked to play, and not paused since; the browser may not allow it yet. */
  get wanted() {
    return this.#wanted;
  }

  /** Whether it plays once it is loaded. */
  get starting() {
    return this.#starting;
  }

  /** The error that names what is wrong with the medium; null if nothing is. */
  get failure() {
    const flaw = this.#currentFlaw;
    return flaw && mediaError(this.source?.source ?? null, flaw);
  }

  get #currentFlaw() {
    const { error } = this.#display.screen;
    const found = this.#flaw || (error && flawOf(error));
    return found && (this.#delivery.fileFlaw || found);
  }

  /**
   * Load `source` in place of the present medium; resolve once it can be played, or plays.
   * @param {Source} source
   * @param {Loading} how
   */
  load(source, how) {
    const load = ++this.#loads;
    this.held = null;
    this.#display.release();
    this.#display.choose(isPhoto(source));
    this.source = source;
    this.#wanted = how.play === true;
    this.offered.emit([]);
    this.#empty();
    return this.#follow(load, this.#load(load, source, how));
  }

  /**
   * Load the medium again, in the way that is chosen now.
   * @param {number} [position] seconds, by default the present ones; after the present end, those of
   *   a file that has grown
   */
  reopen(position) {
    const load = ++this.#loads;
    const { currentTime, duration } = this.#display.screen;
    this.held ??= { position: currentTime, duration: Number.isFinite(duration) ? duration : null };
    if (position !== undefined) {
      const { duration: end } = this.held;
      this.held = { position, duration: end === null ? null : Math.max(end, position) };
    }
    this.#display.hold();
    this.#empty();
    this.changed.emit();
    return this.#follow(load, this.#arrive(load, this.held.position, false));
  }

  /** Resolve once nothing is being loaded. */
  async settled() {
    while (this.#loading) await this.#loading.catch(() => {});
  }

  /** Resolve once one can seek in a medium that is being loaded; reject if it fails. */
  async opened() {
    this.#checkLoaded();
    // a load that has not reached its start would go there after the seek
    while (this.#loading && (this.held || !this.#isAtStart || !this.#display.isSeekable)) {
      await this.#loading.catch(() => {});
      this.#checkLoaded();
    }
  }

  /**
   * Go to a position of the medium; reject if it fails there.
   * @param {number} position seconds; clamped to the duration
   */
  async seek(position) {
    await this.opened();
    const load = this.#loads;
    await this.#display.seek(position);
    // another load shows its own failure
    if (load === this.#loads) this.#checkLoaded();
  }

  /** Play, now or once it is loaded. */
  async play() {
    this.#checkLoaded();
    this.#wanted = true;
    if (!this.#loading) return this.#play();
    this.#starting = true;
    this.changed.emit();
    return this.#loading;
  }

  /** Play once there is more of it. */
  want() {
    this.#wanted = true;
    this.changed.emit();
  }

  /** Play from the beginning, unless it is paused before it plays. */
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

  /** Pause; it does not play once it is loaded. */
  async pause() {
    this.#wanted = false;
    if (this.#starting) {
      this.#starting = false;
      this.changed.emit();
    }
    await this.#display.pause();
  }

  /**
   * Load the medium in another way if there is one, or give it up.
   * @param {Flaw} flaw what is wrong with it
   */
  fail(flaw) {
    if (!this.#loading && this.#delivery.fail(flaw)) {
      this.reopen().catch(() => {});
      return;
    }
    this.#flaw = flaw;
    if (!this.#delivery.canFallBack(flaw.reason)) this.#starting = false;
    this.#display.close();
    this.#display.fail();
  }

  /** Load the medium in another way after an error of the element; return whether there is one. */
  recovers() {
    const flaw = this.#currentFlaw;
    if (!flaw || !this.#delivery.canFallBack(flaw.reason)) return false;
    if (!this.#loading && this.#delivery.fail(flaw)) this.reopen().catch(() => {});
    return true;
  }

  async #play() {
    try {
      await this.#display.play();
    } catch (error) {
      // an error of the medium ends the attempt as a pause does; only the element knows the cause
      this.#checkLoaded();
      throw playError(error, mediaError(this.source?.source ?? null, flawOf(null)));
    }
  }

  #empty() {
    this.#flaw = null;
    this.#isAtStart = false;
    this.#starting = this.#wanted;
    this.#display.supersede();
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
      // after a failure the position is kept, for another way to continue there
      if (!this.failure) this.held = null;
      this.#display.release();
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
    if (known) this.offered.emit(known.subtitles);
    await this.#arrive(load, position, exact);
  }

  /**
   * Open the medium in the first way in which it plays, and seek to its start.
   * @param {number} load
   * @param {number} position seconds
   * @param {boolean} exact
   */
  async #arrive(load, position, exact) {
    const { screen } = this.#display;
    /** @type {Flaw | null} */
    let first = null;
    do {
      this.#open(position);
      if (!this.#flaw) await this.#display.opened();
      this.#checkLatest(load);
      if (!screen.videoWidth && this.#delivery.hasPicture && !this.#currentFlaw) {
        this.fail({ reason: "picture", words: "this browser shows no picture of it" });
      }
      if (!this.#currentFlaw) await this.#reach(position, exact);
      if (load !== this.#loads) return;
      // a missing stream says less than what was wrong with the file
      if (first && this.#flaw?.status === 404) this.#flaw = first;
      first = first || this.#currentFlaw;
    } while (this.#fallBack());
    this.#checkLoaded();
    this.#isAtStart = true;
    if (this.#starting) await this.#play();
  }

  /**
   * Go to where the medium starts.
   * @param {number} position seconds
   * @param {boolean} exact
   */
  async #reach(position, exact) {
    const { screen } = this.#display;
    const duration = this.held ? this.held.duration : screen.duration;
    const isKnown = duration !== null && Number.isFinite(duration);
    const start = exact || !isKnown ? position : Math.min(position, duration);
    if (Math.abs(start - screen.currentTime) > NEAR) await this.#display.seek(start);
    // a stream seeks to its start by itself
    else if (screen.seeking) await until(screen, "seeked", "error", "failure", "superseded");
  }

  /** @param {number} position seconds */
  #open(position) {
    const { way, flaw, isHopeless } = this.#delivery;
    if (!way || isHopeless) this.fail(flaw);
    else this.#display.open(this.#delivery, position);
  }

  /** Choose another way for what is wrong; return whether there is one. */
  #fallBack() {
    const flaw = this.#currentFlaw;
    if (!flaw || !this.#delivery.fail(flaw)) return false;
    this.#flaw = null;
    this.#display.close();
    return true;
  }

  /** @param {number} load */
  #checkLatest(load) {
    if (load !== this.#loads) throw new CallError("runtime_error", "another medium was loaded");
  }

  #checkLoaded() {
    if (!this.source) throw new CallError("not_supported", "nothing is loaded");
    const { failure } = this;
    if (failure) throw failure;
  }
}
