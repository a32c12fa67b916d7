/** Which types the player's browser can play; each type is requested once. */

import { isRecord } from "../protocol/messages.js";
import { TYPES } from "../protocol/ranges.js";

export class Playability {
  #call;
  /** @type {Map<string, boolean>} by the type */
  #known = new Map();

  /**
   * @param {(procedure: string, parameters: Record<string, unknown>) => Promise<unknown>} call
   */
  constructor(call) {
    this.#call = call;
    /** Whether the player can play a type, as far as is known. @type {(type: string) => boolean} */
    this.canPlay = (type) => this.#known.get(type) !== false;
  }

  /**
   * Request these types.
   * @param {string[]} types
   * @param {boolean} asks whether the player can be asked; otherwise this browser answers
   */
  async learn(types, asks) {
    const unknown = Array.from(new Set(types)).filter((type) => !this.#known.has(type));
    const asked = unknown.slice(0, TYPES.most);
    if (asked.length === 0) return;
    const answers = asks ? await this.#ask(asked) : guess(asked);
    asked.forEach((type, index) => {
      if (typeof answers[index] === "boolean") this.#known.set(type, answers[index]);
    });
  }

  /**
   * @param {string[]} types
   * @returns {Promise<unknown[]>}
   */
  async #ask(types) {
    const answer = await this.#call("playable", { types }).catch(() => null);
    return isRecord(answer) && Array.isArray(answer.playable) ? answer.playable : [];
  }
}

/** @param {string[]} types */
function guess(types) {
  const video = document.createElement("video");
  return types.map((type) => video.canPlayType(type) !== "");
}
