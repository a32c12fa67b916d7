/** What the library knows of a medium; for what is not in it, nothing. */

import { isRecord } from "./messages.js";

/** Milliseconds that playing waits for what the library says. */
const PATIENCE = 1500;
/** How many media are kept in mind. */
const MOST = 20;

/**
 * @typedef {import("./sources.js").Source} Source
 *
 * @typedef {object} Part a picture or a sound
 * @property {"video" | "audio"} kind
 * @property {string} name of its codec, as people say it
 * @property {string} codec as a browser says it
 *
 * @typedef {object} SubtitleFile
 * @property {string} id
 * @property {string} label
 * @property {string | null} language
 * @property {string} url
 *
 * @typedef {object} About
 * @property {string} title
 * @property {"video" | "audio"} kind
 * @property {string} type
 * @property {readonly Part[]} tracks empty while they are not known
 * @property {number | null} duration seconds
 * @property {string | null} poster
 * @property {string | null} thumbnail
 * @property {readonly SubtitleFile[]} subtitles
 */

export class Catalogue {
  /** @param {(path: string) => Promise<{ entries: unknown[] }>} list ask the library for a path */
  constructor(list) {
    /** @private */
    this._list = list;
    /** @private @type {Map<string, Promise<About | null>>} */
    this._known = new Map();
  }

  /**
   * Return what is known of `source`; null if the library does not have it, or does not answer soon.
   * @param {Source} source
   * @returns {Promise<About | null>}
   */
  about({ path }) {
    if (path === null) return Promise.resolve(null);
    return Promise.race([this._ask(path), later(PATIENCE)]);
  }

  /**
   * @private
   * @param {string} path
   */
  _ask(path) {
    const known = this._known.get(path);
    if (known) return known;
    const asked = this._look(path);
    this._known.set(path, asked);
    const [oldest] = Array.from(this._known.keys());
    if (this._known.size > MOST) this._known.delete(oldest);
    return asked;
  }

  /**
   * @private
   * @param {string} path
   * @returns {Promise<About | null>}
   */
  async _look(path) {
    try {
      const { entries } = await this._list(path);
      const about = Array.isArray(entries) ? entries[0] : null;
      // It may be there later, and with codecs that are not known yet.
      if (!isAbout(about) || about.tracks.length === 0) this._known.delete(path);
      return isAbout(about) ? about : null;
    } catch {
      this._known.delete(path);
      return null;
    }
  }
}

/**
 * @param {unknown} value
 * @returns {value is About}
 */
function isAbout(value) {
  return (
    isRecord(value) &&
    typeof value.title === "string" &&
    Array.isArray(value.tracks) &&
    Array.isArray(value.subtitles)
  );
}

/**
 * @param {number} milliseconds
 * @returns {Promise<null>}
 */
function later(milliseconds) {
  return new Promise((resolve) => setTimeout(() => resolve(null), milliseconds));
}
