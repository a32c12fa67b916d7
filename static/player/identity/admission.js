/** Waits until a new player is let in (docs/http-api.md, "New players"). */

import { delay } from "../../events/delay.js";
import { ApiError } from "../../protocol/errors.js";
import { isRecord } from "../../protocol/messages.js";

/** Milliseconds between two requests. */
const INTERVAL = 2000;

/**
 * @typedef {import("../../connection/api.js").Credentials} Credentials
 */

export class Admission {
  #ask;
  #show;
  #wait;
  /** @type {Promise<Credentials> | null} */
  #asked = null;

  /**
   * @param {() => Promise<Credentials>} ask
   * @param {(code: string) => void} show shows the code for the person who lets it in
   * @param {(milliseconds: number) => Promise<void>} [wait]
   */
  constructor(ask, show, wait = delay) {
    this.#ask = ask;
    this.#show = show;
    this.#wait = wait;
  }

  /**
   * Return the credentials once the player is let in; calls made meanwhile get the same ones.
   * @returns {Promise<Credentials>}
   */
  credentials() {
    this.#asked ??= this.#poll().finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }

  async #poll() {
    for (;;) {
      try {
        return await this.#ask();
      } catch (error) {
        const code = codeOf(error);
        if (code === null) throw error;
        this.#show(code);
      }
      await this.#wait(INTERVAL);
    }
  }
}

/**
 * Return the code that a waiting player shows; null if `error` is of something else.
 * @param {unknown} error
 */
function codeOf(error) {
  if (!(error instanceof ApiError) || error.code !== "waiting") return null;
  const { admission } = error.members;
  return isRecord(admission) && typeof admission.code === "string" ? admission.code : "";
}
