/** The library's entries for media, kept for a while. */

import { delay } from "../events/delay.js";
import { ApiError } from "../protocol/errors.js";
import { isRecord } from "../protocol/messages.js";
import { MOST_ITEMS } from "../playback/queue.js";

/** Milliseconds that playback waits for the library. */
const PATIENCE = 1500;
/** The longest series whose episodes are requested. */
const LONGEST_SERIES = 2000;
/** The most entries that are kept. */
const MOST = 20;
/** Milliseconds after which an entry is requested again, because signed addresses expire. */
const KNOWN_FOR = 24 * 3600e3;

/**
 * @typedef {{ entries: unknown[], total: number, index?: { state: string } }} Answer
 *
 * @typedef {import("../protocol/sources.js").Source} Source
 *
 * @typedef {import("./library.js").Track} Part a picture or a sound
 *
 * @typedef {import("../protocol/chapters.js").Chapter} Chapter
 *
 * @typedef {object} SubtitleFile
 * @property {string} id `inside-<k>` for track number k inside the file, `beside-<k>` for pictures in
 *   files next to it
 * @property {string} label
 * @property {string | null} language
 * @property {"text" | "ass" | "picture"} [kind] text, text with styles, or pictures
 * @property {boolean} [forced] shown even if subtitles are off
 * @property {boolean} [default] marked as default in the file
 * @property {string | null} url none for pictures
 *
 * @typedef {object} About
 * @property {string} path
 * @property {string} source
 * @property {string} title
 * @property {"video" | "audio" | "image"} kind
 * @property {string} type
 * @property {number | null} [episode] its number, if it is one of a series
 * @property {readonly Part[]} tracks empty until they are known
 * @property {number | null} duration seconds
 * @property {number | null} [size] bytes
 * @property {number | null} [width] pixels
 * @property {number | null} [height] pixels
 * @property {readonly Chapter[]} [chapters]
 * @property {string | null} [flaw] why no browser can play it
 * @property {string | null} poster
 * @property {string | null} thumbnail
 * @property {string | null} [picture] one of the two, at a signed address
 * @property {readonly SubtitleFile[]} subtitles
 * @property {readonly { number: number, name: string }[]} [fonts] in the file, for its subtitles
 * @property {number | null} [bitrate] of the whole file, in bits per second
 * @property {string | null} [artist]
 * @property {string | null} [album]
 */

export class Catalogue {
  #list;
  /** @type {Map<string, { asked: Promise<About | null>, at: number }>} */
  #known = new Map();

  /**
   * @param {(query: import("./library.js").Query) => Promise<Answer>} list requests entries of the
   *   library
   */
  constructor(list) {
    this.#list = list;
  }

  /**
   * Return the entry of `source`; null if there is none, or the library does not answer in time.
   * @param {Source} source
   * @returns {Promise<About | null>}
   */
  about({ path }) {
    if (path === null) return Promise.resolve(null);
    return Promise.race([this.#ask(path), nothingInTime()]);
  }

  /**
   * Return the entry of `source` as it is now; null as `about` does.
   * @param {Source} source
   * @returns {Promise<About | null>}
   */
  again({ path }) {
    return path === null ? Promise.resolve(null) : this.#look(path);
  }

  /**
   * Return the media in and below a folder, in playing order; null if there is no such folder, or
   * the library does not answer in time.
   * @param {string} path
   * @returns {Promise<About[] | null>}
   */
  folder(path) {
    const asked = this.#list({ path, order: "play", limit: MOST_ITEMS }).then(
      ({ entries }) => (Array.isArray(entries) ? entries.filter(isAbout) : null),
      () => null,
    );
    return Promise.race([asked, nothingInTime()]);
  }

  /**
   * Return the series of an episode, in order, without a time-out; empty after an error.
   * @param {string} path
   * @returns {Promise<About[]>}
   */
  async series(path) {
    /** @type {About[]} */
    const found = [];
    try {
      for (;;) {
        const query = { path, order: /** @type {const} */ ("series"), limit: MOST_ITEMS };
        const { entries, total } = await this.#list({ ...query, offset: found.length });
        found.push(...entries.filter(isAbout));
        const more = entries.length > 0 && found.length < Math.min(total, LONGEST_SERIES);
        if (!more) return found;
      }
    } catch {
      return [];
    }
  }

  /**
   * Return the first medium at the top, however long the library takes to answer and to find what
   * is in it; null if there is none, the library refuses, or nobody wants it any more.
   * @param {() => boolean} isWanted
   * @returns {Promise<About | null>}
   */
  async first(isWanted) {
    while (isWanted()) {
      try {
        const { entries, index } = await this.#list({ order: "play", limit: 1 });
        const [about] = entries;
        if (about || index?.state !== "scanning") {
          return isAbout(about) && !about.path.includes("/") ? about : null;
        }
      } catch (error) {
        if (!(error instanceof ApiError && error.passing)) return null;
      }
      await delay(PATIENCE);
    }
    return null;
  }

  /** @param {string} path */
  #ask(path) {
    const known = this.#known.get(path);
    if (known && Date.now() - known.at < KNOWN_FOR) return known.asked;
    const asked = this.#look(path);
    this.#known.set(path, { asked, at: Date.now() });
    const [oldest] = Array.from(this.#known.keys());
    if (this.#known.size > MOST) this.#known.delete(oldest);
    return asked;
  }

  /**
   * @param {string} path
   * @returns {Promise<About | null>}
   */
  async #look(path) {
    try {
      const { entries } = await this.#list({ path });
      const about = Array.isArray(entries) ? entries[0] : null;
      // it may exist later, or have codecs that are not known yet
      if (!isAbout(about) || about.tracks.length === 0) this.#known.delete(path);
      return isAbout(about) && about.path === path ? about : null;
    } catch {
      this.#known.delete(path);
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
    typeof value.path === "string" &&
    typeof value.source === "string" &&
    Array.isArray(value.tracks) &&
    Array.isArray(value.subtitles)
  );
}

async function nothingInTime() {
  await delay(PATIENCE);
  return null;
}
