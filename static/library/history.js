/** What the player has played, as a list like those of the library. */

import { isRecord } from "../protocol/messages.js";

/**
 * @typedef {import("./library.js").Entry} Entry
 * @typedef {import("./library.js").Listing} Listing
 */

export class History {
  #call;

  /**
   * @param {(procedure: string, parameters: Record<string, unknown>) => Promise<unknown>} call
   */
  constructor(call) {
    this.#call = call;
  }

  /**
   * Ask the player.
   * @returns {Promise<Listing>}
   */
  async list() {
    const answer = await this.#call("history", {});
    const items = isRecord(answer) && Array.isArray(answer.items) ? answer.items : [];
    const entries = items.filter(isRecord).map(entryOf);
    const index = { state: /** @type {const} */ ("ready"), media: 0, probed: 0 };
    return { path: "", total: entries.length, index, entries };
  }
}

/**
 * @param {Record<string, unknown>} item
 * @returns {Entry}
 */
function entryOf({ source, title, poster, position, duration }) {
  return {
    kind: "video",
    path: String(source),
    source: String(source),
    title: String(title),
    year: null,
    thumbnail: typeof poster === "string" ? poster : null,
    duration: typeof duration === "number" ? duration : null,
    position: typeof position === "number" ? position : 0,
  };
}
