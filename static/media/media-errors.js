/** Errors of media elements as errors of the contract; no I/O. */

import { CallError } from "../protocol/errors.js";

/**
 * @typedef {object} Flaw what is wrong with a medium
 * @property {import("../protocol/errors.js").MediaReason} reason a code, which the pages translate
 * @property {string} words
 * @property {number} [status] of the server's answer
 */

/** What MediaError's codes mean. @type {Record<number, Flaw>} */
const WHY = {
  1: { reason: "aborted", words: "loading was interrupted" },
  2: { reason: "network", words: "the network failed while it was loading" },
  3: { reason: "damaged", words: "it is damaged, or in a format that this browser cannot decode" },
  4: {
    reason: "unknown",
    words: "it was not found, or is in a format that this browser does not know",
  },
};

/**
 * Return the flaw for an error of a media element.
 * @param {Pick<MediaError, "code" | "message"> | null} error
 * @returns {Flaw}
 */
export function flawOf(error) {
  const words = error ? error.message : "the browser cannot play it";
  return (error && WHY[error.code]) || { reason: "unknown", words };
}

/**
 * Return the contract's error for a medium; its message names the medium.
 * @param {string | null} source
 * @param {Flaw} flaw
 */
export function mediaError(source, { reason, words }) {
  return new CallError("media_error", `${source || "the medium"}: ${words}`, reason);
}

/**
 * Return an error for the state.
 * @param {CallError} error
 */
export function errorState({ code, message, reason }) {
  return { code, message, reason };
}

/**
 * Return whether `error` means that the browser requires a click before it plays sound.
 * @param {unknown} error
 */
export function wantsGesture(error) {
  return error instanceof DOMException && error.name === "NotAllowedError";
}

/**
 * Return the contract's error for one of the element's `play`.
 * @param {unknown} error
 * @param {CallError} failure as `mediaError` returns it
 */
export function playError(error, failure) {
  if (wantsGesture(error)) {
    return new CallError("gesture_required", "someone must click on the player once");
  }
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotSupportedError") return failure;
  if (name === "AbortError") {
    return new CallError("runtime_error", "it was paused or exchanged before it played");
  }
  return error;
}
