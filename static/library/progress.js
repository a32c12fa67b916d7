/** The positions in played media, and what to continue with; no I/O. */

import { isRecord } from "../protocol/messages.js";
import { isAtEnd, isPlace, resumeAt } from "../playback/resume-positions.js";

/**
 * @typedef {import("./library.js").Entry} Entry
 * @typedef {import("../playback/resume-positions.js").Place} Place
 *
 * @typedef {object} Reached the position in a medium
 * @property {number} position seconds; 0 if it starts again
 * @property {number | null} duration seconds
 * @property {boolean} watched it was played to its end
 */

/** @type {Reached} */
const NOTHING = Object.freeze({ position: 0, duration: null, watched: false });

/** A player's answer to `history`. */
export class Progress {
  /** @type {readonly Place[]} */
  places;
  /** @type {ReadonlySet<string>} */
  #watched;

  /** @param {unknown} [answer] */
  constructor(answer = {}) {
    const { items, watched } = isRecord(answer) ? answer : {};
    this.places = Array.isArray(items) ? items.filter(isPlace) : [];
    const sources = Array.isArray(watched) ? watched : [];
    this.#watched = new Set(sources.filter((it) => typeof it === "string"));
  }

  /**
   * Return the position in a medium.
   * @param {string} source
   * @returns {Reached}
   */
  of(source) {
    const place = this.places.find((known) => known.source === source);
    const watched = this.#watched.has(source);
    if (!place) return watched ? { ...NOTHING, watched } : NOTHING;
    return { position: resumeAt([place], source), duration: place.duration, watched };
  }

  /**
   * Return the unfinished and the watched media, newest first.
   * @returns {{ place: Place, finished: boolean }[]}
   */
  recent() {
    return this.places.flatMap((place) => {
      const finished = isFinished(place) && this.#watched.has(place.source);
      const begun = resumeAt([place], place.source) > 0;
      return begun || finished ? [{ place, finished }] : [];
    });
  }

  /**
   * Return the next episode of a series; null if there is none, or if it was watched.
   * @param {string} source
   * @param {readonly Entry[]} series in order
   */
  next(source, series) {
    const at = series.findIndex((entry) => entry.source === source);
    const next = at < 0 ? undefined : series[at + 1];
    return next && !this.of(next.source ?? "").watched ? next : null;
  }
}

/** @param {Place} place */
function isFinished({ position, duration }) {
  return position === 0 || (duration !== null && isAtEnd(position, duration));
}
