/** Sends a file to the server in parts, and continues after network cuts; no I/O of its own. */

import { ApiError } from "../../protocol/errors.js";

/** The bytes of the first part, and the least of any. */
export const FIRST = 512 << 10;
export const LEAST = 64 << 10;
/** Milliseconds; parts grow if they take less, and shrink if they take more. */
export const QUICK = 1000;
const SLOW = 5000;
/** The most milliseconds between two attempts. */
export const LONGEST_PAUSE = 10_000;
/** The number of retries, which take some ten minutes. */
export const TRIES = 60;
/** How often a proxy may refuse in the server's place, as one that starts does. */
const REFUSALS = 5;
/** A server error that a retry does not change. */
const FINAL = "not_implemented";
/** There is no room for the file or, once it has begun, the disk is full at the moment. */
const NO_ROOM = "no_room";
/** Errors that a slow network may cause. */
const CUT = ["request_timeout", "conflict"];
/** What a proxy answers that takes no body of this size; nginx takes 1 MiB unless told otherwise. */
const CONTENT_TOO_LARGE = 413;
const TOO_MANY = 429;

/**
 * @typedef {import("../../connection/api.js").UploadState} UploadState
 * @typedef {Pick<import("../../connection/api.js").Api,
 *   "beginUpload" | "uploadState" | "uploadPart" | "endUpload">} UploadApi
 *
 * @typedef {object} Surroundings
 * @property {AbortSignal} signal cancels it
 * @property {(received: number, cut: boolean) => void} progressed bytes that have arrived, and
 *   whether the network is cut
 * @property {(milliseconds: number) => Promise<void>} pause
 * @property {() => number} now milliseconds, monotonic
 */

export class Upload {
  #api;
  #file;
  #around;
  #part = FIRST;
  /** bytes; the most that a proxy on the way takes */
  #most = Infinity;
  #failures = 0;
  /** @type {UploadState | null} */
  #state = null;

  /**
   * @param {UploadApi} api
   * @param {{ name: string, size: number, slice: (start: number, end: number) => Blob }} file
   * @param {Surroundings} around
   */
  constructor(api, file, around) {
    this.#api = api;
    this.#file = file;
    this.#around = around;
  }

  /**
   * Send it; return its source. Rejects when the signal aborts, and on errors that a retry does not
   * change; the server then deletes what it has.
   * @returns {Promise<string>}
   */
  async send() {
    try {
      return await this.#sendParts();
    } catch (error) {
      if (this.#state) void this.#api.endUpload(this.#state.id).catch(() => {});
      throw error;
    }
  }

  async #sendParts() {
    const { signal } = this.#around;
    while (!signal.aborted) {
      try {
        const source = await this.#step();
        if (source !== null) return source;
      } catch (error) {
        if (signal.aborted) break;
        await this.#failed(error);
      }
    }
    throw new ApiError("invalid_request", "the upload was cancelled", 0);
  }

  /** Do the next step; return the source once the file is complete. */
  async #step() {
    const { name, size } = this.#file;
    const { signal, now, progressed } = this.#around;
    if (!this.#state) {
      this.#state = await this.#api.beginUpload(name, size);
      return this.#state.source;
    }
    if (this.#failures > 0) this.#state = await this.#api.uploadState(this.#state.id);
    const { id, received, part } = this.#state;
    const began = now();
    const bytes = this.#file.slice(received, Math.min(size, received + Math.min(this.#part, part)));
    this.#state = await this.#api.uploadPart(id, received, bytes, signal);
    this.#failures = 0;
    const took = now() - began;
    if (took < QUICK) this.#part *= 2;
    else if (took > SLOW) this.#shrink();
    this.#part = Math.min(this.#part, part, this.#most);
    progressed(this.#state.received, false);
    return this.#state.source;
  }

  /** @param {unknown} error */
  async #failed(error) {
    const known = error instanceof ApiError ? error : null;
    const isTooLarge = this.#state && known?.status === CONTENT_TOO_LARGE && this.#part > LEAST;
    if (isTooLarge) this.#most = this.#part >> 1;
    const passing = known && (isTooLarge || known.passing || CUT.includes(known.code));
    const isFinal = known?.code === FINAL || (known?.code === NO_ROOM && !this.#state);
    this.#failures += 1;
    const tries = known && !isTooLarge && isRefusedByProxy(known) ? REFUSALS : TRIES;
    if (!known || !passing || isFinal || this.#failures > tries) throw error;
    this.#shrink();
    const { received = 0 } = this.#state ?? {};
    this.#around.progressed(received, known.status === 0);
    await this.#around.pause(Math.min(LONGEST_PAUSE, 250 * 2 ** this.#failures));
  }

  #shrink() {
    this.#part = Math.max(LEAST, this.#part >> 1);
  }
}

/** @param {ApiError} error */
function isRefusedByProxy({ code, status }) {
  return code === "unavailable" && status >= 400 && status < 500 && status !== TOO_MANY;
}
