/** What the player has played, as a list like the library's, and what to continue with. */

import { Progress } from "./progress.js";

/** The most rows of media to continue with. */
const MOST = 3;
/** The most series that are asked for their next episode. */
const MOST_SERIES = 3;

/**
 * @typedef {import("./library.js").Entry} Entry
 * @typedef {import("./library.js").Listing} Listing
 * @typedef {import("./library.js").Query} Query
 */

export class WatchedList {
  #call;
  #list;
  /** The player's last answer. */
  progress = new Progress();

  /**
   * @param {(procedure: string, parameters: Record<string, unknown>) => Promise<unknown>} call
   * @param {(query: Query) => Promise<Listing>} list requests entries of the library
   */
  constructor(call, list) {
    this.#call = call;
    this.#list = list;
  }

  /** Request the history from the player. */
  async learn() {
    this.progress = new Progress(await this.#call("history", {}));
  }

  /**
   * Request what was played.
   * @returns {Promise<Listing>}
   */
  async list() {
    await this.learn();
    const entries = this.progress.places.map(entryOf);
    const index = { state: /** @type {const} */ ("ready"), media: 0, probed: 0 };
    return { path: "", total: entries.length, index, entries };
  }

  /**
   * Return what to continue with, newest first: unfinished media, and the episodes that follow
   * watched ones.
   * @param {string | null} present the source that plays now, which needs no row
   * @returns {Promise<Entry[]>}
   */
  async continued(present) {
    /** @type {Entry[]} */
    const found = [];
    const seen = new Set([present]);
    let asked = 0;
    for (const { place, finished } of this.progress.recent()) {
      if (found.length === MOST) break;
      // the latest episode of a series counts
      if (seen.has(place.source)) continue;
      seen.add(place.source);
      if (!place.source.startsWith("media/")) {
        if (!finished) found.push(entryOf(place));
        continue;
      }
      if (asked === MOST_SERIES && finished) continue;
      asked += 1;
      const path = place.source.slice("media/".length);
      const query = { path, order: /** @type {const} */ ("series"), limit: 500 };
      const series = await this.#list(query).then(
        ({ entries }) => entries,
        () => [],
      );
      const next = this.progress.next(place.source, series);
      if (finished && next && !seen.has(next.source ?? null)) found.push(next);
      if (!finished) found.push(entryOf(place));
      for (const { source = null } of series) seen.add(source);
    }
    return found;
  }
}

/**
 * @param {import("../playback/resume-positions.js").Place} place
 * @returns {Entry}
 */
function entryOf({ source, title, poster, position, duration }) {
  return {
    kind: "video",
    path: source,
    source,
    title,
    year: null,
    thumbnail: typeof poster === "string" ? poster : null,
    duration: typeof duration === "number" ? duration : null,
    position,
  };
}
