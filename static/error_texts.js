/** Errors in the person's language; no I/O. */

import { ApiError, CallError } from "./errors.js";

/**
 * @typedef {import("./translate.js").Key} Key
 * @typedef {import("./translate.js").Translate} Translate
 */

/** @type {Record<string, Key>} */
const KEYS = {
  no_such_procedure: "error.no_such_procedure",
  invalid_argument: "error.invalid_argument",
  not_supported: "error.not_supported",
  gesture_required: "error.gesture_required",
  media_error: "error.media_error",
  runtime_error: "error.runtime_error",
  timeout: "error.timeout",
  unavailable: "error.unavailable",
  cancelled: "error.cancelled",
  too_many_requests: "error.too_many_requests",
  wrong_key: "error.wrong_key",
  wrong_code: "error.wrong_code",
};

/** @type {Record<string, Key>} */
const REASONS = { lost: "error.lost", offline: "error.offline" };

/** Errors whose text says all: what the other side wrote beside the code would only repeat it. */
const PLAIN = [
  "gesture_required",
  "timeout",
  "unavailable",
  "cancelled",
  "too_many_requests",
  "wrong_code",
];

/**
 * Return the words for `error`, and as detail those of whoever made it.
 * @param {unknown} error
 * @param {Translate} translate
 * @returns {{ text: string, detail: string }}
 */
export function describeError(error, translate) {
  const known = error instanceof CallError || error instanceof ApiError;
  const code = known ? error.code : "runtime_error";
  const reason = error instanceof CallError ? error.reason : "";
  const key = REASONS[reason] || KEYS[code] || "error.runtime_error";
  const detail = error instanceof Error && !PLAIN.includes(code) ? error.message : "";
  return { text: translate(key), detail };
}
