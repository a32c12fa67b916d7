/** The loaded medium, and how it is delivered to the `<video>`. */

import { KINDS, decide, preferredSound, rateOf, soundsOf } from "./decision.js";
import { MEDIA_REASONS } from "../../protocol/errors.js";
import { randomToken } from "../../protocol/messages.js";
import { isPhoto, isStream, streamAddress } from "../../protocol/sources.js";

/** The reasons that concern a medium or the browser, and not the network or the server. */
const OF_MEDIUM = ["damaged", "unknown", "picture", "sound"];
/** The code of a server that cannot convert more films now. */
const FULL = "conversions_full";

/**
 * @typedef {import("../../library/catalogue.js").About} About
 * @typedef {import("../../protocol/sources.js").Source} Source
 * @typedef {import("./decision.js").Delivery} Delivery
 * @typedef {import("./decision.js").Kind} Kind
 *
 * @typedef {object} Surroundings
 * @property {boolean} converts the server makes streams
 * @property {import("../../protocol/errors.js").MediaReason} unconverted why a picture that the browser
 *   does not decode is not converted
 * @property {() => readonly string[]} languages of sound, by preference
 */

/** What is wrong with a file, in words for programs. @type {Record<string, string>} */
const WORDS = {
  empty: "the file is empty",
  cut_off: "the file is incomplete",
  encrypted: "the file is encrypted",
  text: "it is a text, and no film",
  unknown_format: "it is no film or music",
};

/** Identifies this page to the server, which ends conversions that a page no longer needs. */
const VIEWER = randomToken();
/** @type {Delivery} */
const AS_IT_IS = { kind: "direct", reason: "plays", codec: null, plan: "" };

export class MediumDelivery {
  #abilities;
  #surroundings;
  /** @type {Source | null} */
  #source = null;
  /** @type {About | null} */
  #about = null;
  #smooth = true;
  /** @type {Kind | "auto"} */
  #forced = "auto";
  /** @type {Set<Kind>} */
  #failed = new Set();
  /** bits per second that were seen to reach the player @type {number | null} */
  #link = null;
  /** the subtitle track that is drawn into the picture, by its name in a plan @type {string | null} */
  #burn = null;
  /** number of the chosen sound track */
  sound = 0;
  /** @type {Delivery | null} the chosen delivery; null if none is possible */
  way = null;

  /**
   * @param {import("./abilities.js").Abilities} abilities
   * @param {Surroundings} surroundings
   */
  constructor(abilities, surroundings) {
    this.#abilities = abilities;
    this.#surroundings = surroundings;
  }

  /**
   * Start with another medium.
   * @param {Source} source
   * @param {About | null} about
   * @param {boolean} smooth whether the browser decodes its picture fast enough
   */
  begin(source, about, smooth) {
    this.#source = source;
    this.#about = about;
    this.#smooth = smooth;
    this.#forced = "auto";
    this.#burn = null;
    this.#failed.clear();
    this.sound = preferredSound(this.sounds, this.#surroundings.languages());
    this.choose();
  }

  /** The sound tracks in the file. */
  get sounds() {
    return soundsOf(this.#about);
  }

  /** Whether the library lists a picture. */
  get hasPicture() {
    return this.#picture !== undefined;
  }

  /**
   * The flaw that the server found in the file; null if there is none.
   * @returns {import("../media-errors.js").Flaw | null}
   */
  get fileFlaw() {
    const flaw = this.#about?.flaw;
    const reason = MEDIA_REASONS.find((known) => known === flaw);
    return reason
      ? { reason, words: WORDS[reason] || `the file cannot be played (${reason})` }
      : null;
  }

  /** Whether it cannot be played at all: browsers would wait for keys that do not exist. */
  get isHopeless() {
    return this.#about?.flaw === "encrypted";
  }

  /**
   * Return the flaw of a medium that certainly cannot be played; null for another one.
   * @param {Source} source
   * @param {About} about
   */
  refusal(source, about) {
    const trial = new MediumDelivery(this.#abilities, this.#surroundings);
    trial.begin(source, about, true);
    if (!trial.way || trial.isHopeless) return trial.fileFlaw || trial.flaw;
    // a browser may read what takes the server too long
    return about.tracks.length || about.flaw === "unreadable" ? null : trial.fileFlaw;
  }

  /** The flaw of a medium that cannot be delivered. @returns {import("../media-errors.js").Flaw} */
  get flaw() {
    const name = this.#picture?.name ?? "unknown";
    const words = `this browser cannot decode the picture (${name})`;
    return { reason: this.#surroundings.unconverted, words };
  }

  get #picture() {
    return this.#about?.tracks.find(({ kind }) => kind === "video");
  }

  /** Whether the server can deliver the medium in another way. */
  get isConvertible() {
    const source = this.#source;
    return this.#surroundings.converts && source !== null && !isAsItIs(source);
  }

  /** The address to load; empty if no delivery is possible. */
  get address() {
    if (!this.#source || !this.way) return "";
    const { plan } = this.way;
    return plan ? streamed(this.#source, plan) : this.#source.url;
  }

  /** The address of the stream with the other sound tracks of a file; empty if there is none. */
  get addressOfSounds() {
    const source = this.#source;
    if (!source || this.way?.kind !== "direct" || this.sounds.length < 2) return "";
    const other = this.#decide(this.#forced, this.sound || 1);
    return other?.plan ? streamed(source, other.plan) : "";
  }

  /** Bits per second of the file if it is delivered directly; null if it is not, or if unknown. */
  get rate() {
    return this.way?.kind === "direct" && this.isConvertible ? rateOf(this.#about) : null;
  }

  /** Choose the delivery again; null if none is possible. */
  choose() {
    this.way = this.#decide(this.#forced);
    return this.way;
  }

  /**
   * Force a kind of delivery; return false, and change nothing, if it is impossible.
   * @param {Kind | "auto"} kind
   */
  force(kind) {
    if (kind !== "auto" && !this.#decide(kind)) return false;
    this.#forced = kind;
    this.#failed.clear();
    this.choose();
    return true;
  }

  /**
   * Have the server draw this subtitle track into the picture, null for none.
   * @param {string | null} track its name in a plan: `burn1`
   * @returns {boolean} whether the delivery has changed
   */
  burn(track) {
    const before = this.address;
    this.#burn = track;
    if (track !== null) this.#forced = "auto";
    this.choose();
    return this.address !== before;
  }

  /**
   * Note that the chosen delivery failed.
   * @param {import("../media-errors.js").Flaw} flaw
   * @returns {boolean} whether another one is possible; it is chosen
   */
  fail({ reason }) {
    if (!this.canFallBack(reason)) return false;
    const before = this.address;
    const { kind } = /** @type {Delivery} */ (this.way);
    if (reason === FULL) {
      this.#link = null;
      this.choose();
      return this.address !== before;
    }
    if (kind === "direct" && this.#about) {
      this.#abilities.failed(this.#about.type.split(";")[0].trim());
    }
    this.#failed.add(kind);
    this.choose();
    return this.way !== null && this.address !== before;
  }

  /**
   * Return whether another delivery is possible after a failure for this reason.
   * @param {string} reason
   */
  canFallBack(reason) {
    if (!this.way || this.#forced !== "auto" || !this.isConvertible) return false;
    // a film that stutters is better than none
    if (reason === FULL) return this.way.reason === "link";
    if (!OF_MEDIUM.includes(reason) || this.fileFlaw) return false;
    return this.way.kind !== KINDS[KINDS.length - 1];
  }

  /**
   * Note the bits per second of the link.
   * @param {number} rate
   * @returns {boolean} whether the delivery has changed
   */
  noteLink(rate) {
    this.#link = rate;
    const before = this.address;
    this.choose();
    return this.address !== before;
  }

  /**
   * @param {Kind | "auto"} forced
   * @param {number} [sound] number of the sound track
   */
  #decide(forced, sound = this.sound) {
    const source = this.#source;
    if (!source) return null;
    if (isAsItIs(source)) return forced === "auto" ? AS_IT_IS : null;
    return decide({
      about: this.#about,
      browser: {
        opens: (container) => this.#abilities.opens(container),
        plays: (type) => this.#abilities.plays(type),
        streams: (type) => this.#abilities.streams(type),
        smooth: this.#smooth,
      },
      link: this.#link,
      converts: this.#surroundings.converts,
      forced,
      sound,
      burn: this.#burn,
      failed: this.#failed,
    });
  }
}

/**
 * @param {Source} source
 * @param {string} plan
 */
function streamed(source, plan) {
  return `${streamAddress(source, plan)}?viewer=${VIEWER}`;
}

/**
 * Return whether a source can only be delivered directly.
 * @param {Source} source
 */
function isAsItIs(source) {
  return source.path === null || isStream(source) || isPhoto(source);
}
