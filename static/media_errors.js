/** What media elements complain of, as errors of the contract; no I/O. */

import { CallError } from "./errors.js";

/** MediaError's codes in words. */
const WHY = /** @type {Record<number, string>} */ ({
  1: "loading was given up",
  2: "the network failed while it was loaded",
  3: "it is damaged, or in a format that this browser cannot decode",
  4: "it was not found, or is in a format that this browser does not know",
});

/**
 * Return what is wrong with a medium, in words that name it.
 * @param {string | null} source
 * @param {MediaError | null} error
 */
export function describeFailure(source, error) {
  const why = error ? WHY[error.code] || error.message : "the browser cannot play it";
  return `${source || "the medium"}: ${why}`;
}

/**
 * Tell whether `error` means that the browser wants a click before it plays sound.
 * @param {unknown} error
 */
export function wantsGesture(error) {
  return error instanceof DOMException && error.name === "NotAllowedError";
}

/**
 * Return the contract's error for one that `play` gave.
 * @param {unknown} error
 * @param {string} failure as `describeFailure` returns it
 */
export function playError(error, failure) {
  if (wantsGesture(error)) {
    return new CallError("gesture_required", "someone must click on the player once");
  }
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotSupportedError") return new CallError("media_error", failure);
  if (name === "AbortError") {
    return new CallError("runtime_error", "it was paused or exchanged before it played");
  }
  return error;
}
