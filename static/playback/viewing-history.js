/** What was played: where it stopped, and what was played to its end; kept in the store. */

import { isAtEnd, positionIn, readPlaces, remember, resumeAt } from "./resume-positions.js";
import { readWatched, rememberWatched } from "./watched.js";

/** Seconds of playback that may be lost if the player fails. */
const INTERVAL = 5;

export class ViewingHistory {
  #store;
  /** seconds on a clock that nobody sets */
  #keptAt = -Infinity;
  /** @type {readonly import("./resume-positions.js").Place[]} what was played, the latest first */
  places = [];
  /** @type {readonly string[]} the sources of what was played to its end, the latest first */
  watched = [];

  /** @param {import("../page/store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** Read what was kept. */
  start() {
    this.places = readPlaces(this.#store.get("places"));
    this.watched = readWatched(this.#store.get("watched"));
  }

  /** Whether it is time to keep the position again. */
  get isDue() {
    return performance.now() / 1000 - this.#keptAt >= INTERVAL;
  }

  /**
   * Return where `source` stopped, in seconds.
   * @param {string} source
   */
  positionIn(source) {
    return positionIn(this.places, source);
  }

  /**
   * Return where `source` continues when it is loaded again, in seconds.
   * @param {string} source
   */
  resumeAt(source) {
    return resumeAt(this.places, source);
  }

  /**
   * Keep the position of a medium.
   * @param {import("./queue.js").QueueItem} item
   * @param {import("../media/media.js").MediaState} state
   */
  keep({ source, title, poster }, { loaded, position, duration, ended }) {
    // events of the medium before may arrive before anything is known of this one
    if (!loaded || duration === null) return;
    this.#keptAt = performance.now() / 1000;
    const at = Math.round(Date.now() / 1000);
    const reached = ended ? 0 : Math.round(position * 10) / 10;
    this.places = remember(this.places, { source, title, poster, position: reached, duration, at });
    this.#store.set("places", this.places);
    if (!ended && !isAtEnd(position, duration)) return;
    if (this.watched[0] === source) return;
    this.watched = rememberWatched(this.watched, source);
    this.#store.set("watched", this.watched);
  }
}
