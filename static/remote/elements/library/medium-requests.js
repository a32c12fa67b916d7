import { isPlayerState } from "../../../connection/player-view.js";
import { AwaitedMedium } from "./awaited-medium.js";

/**
 * @typedef {import("./library-row.js").Medium} Medium
 * @typedef {import("../../../protocol/player-state.js").PlayerState} PlayerState
 *
 * @typedef {object} Surroundings
 * @property {import("../../../elements/view-element.js").Translate} translate
 * @property {(procedure: string, parameters: Record<string, unknown>) => Promise<boolean>} request
 *   calls the player, shows an error, and resolves with whether it succeeded
 * @property {import("../../navigation.js").Surroundings["call"]} call
 * @property {(text: string) => void} tell shows a message
 */

/** Plays and queues media at the player, and announces what plays. */
export class MediumRequests {
  #translate;
  #request;
  #call;
  #tell;
  /** the requested medium, until it plays @type {AwaitedMedium | null} */
  #awaited = null;

  /** @param {Surroundings} surroundings */
  constructor({ translate, request, call, tell }) {
    this.#translate = translate;
    this.#request = request;
    this.#call = call;
    this.#tell = tell;
  }

  /**
   * Play a medium or a folder.
   * @param {Medium} medium
   */
  async play({ source, title, position }) {
    const words = this.#translate("library.plays", { title: title || source });
    this.#awaited = null;
    const from = position ? { position } : {};
    const done = await this.#request("load", { ...named(source, title), ...from });
    // the state in the answer is shown with the next frame
    if (done) this.#awaited = new AwaitedMedium(source, words);
  }

  /**
   * Queue a medium or a folder.
   * @param {"queue/add" | "queue/play_next"} procedure
   * @param {Medium} medium
   */
  async queue(procedure, { source, title }) {
    const key = procedure === "queue/add" ? "library.added" : "library.comes_next";
    const words = this.#translate(key, { title: title || source });
    this.#awaited = null;
    if (await this.#request(procedure, named(source, title))) this.#tell(words);
  }

  /**
   * Play or queue a file that was sent from this phone.
   *
   * @param {string} source
   * @param {boolean} plays at once
   * @param {string | null} after the source of the file picked before it
   * @param {readonly string[]} can the procedures that work now
   */
  async arrived(source, plays, after, can) {
    if (plays && can.includes("load")) {
      await this.#call("load", { source });
      return;
    }
    const state = await this.#call("queue/add", { source });
    if (after === null || !can.includes("queue/move") || !isPlayerState(state)) return;
    // files that were picked together stay together in the queue
    const sources = state.queue.items.map((item) => item.source);
    const from = sources.lastIndexOf(source);
    const to = sources.lastIndexOf(after) + 1;
    if (to > 0 && to < from) await this.#call("queue/move", { from, to });
  }

  /**
   * Announce the requested medium once it plays.
   * @param {PlayerState} state
   */
  announce(state) {
    if (!this.#awaited) return;
    const outcome = this.#awaited.outcome(state);
    if (outcome === "to-come") return;
    if (outcome === "gesture") this.#tell(this.#translate("remote.gesture"));
    if (outcome === "plays") this.#tell(this.#awaited.words);
    this.#awaited = null;
  }
}

/**
 * @param {string} source
 * @param {string | null | undefined} title
 */
function named(source, title) {
  return { source, ...(title ? { title } : {}) };
}
