/** The texts for errors; no I/O. */

import { ApiError, CallError, PhotoError } from "../protocol/errors.js";
import { isRecord } from "../protocol/messages.js";

/**
 * @typedef {import("./translate.js").Key} Key
 * @typedef {import("./translate.js").Translate} Translate
 */

/** @type {Record<import("../protocol/errors.js").CallErrorCode, Key>} */
const CALL_TEXTS = {
  no_such_procedure: "error.no_such_procedure",
  invalid_argument: "error.invalid_argument",
  not_supported: "error.not_supported",
  gesture_required: "error.gesture_required",
  media_error: "error.media_error",
  runtime_error: "error.runtime_error",
  timeout: "error.timeout",
  unavailable: "error.unavailable",
  cancelled: "error.cancelled",
};

/**
 * The web server's errors that users may see.
 * @type {Partial<Record<import("../protocol/errors.js").ApiErrorCode, Key>>}
 */
const API_TEXTS = {
  too_many_requests: "error.too_many_requests",
  unauthorized: "error.unauthorized",
  waiting: "player.waiting",
  wrong_key: "error.wrong_key",
  wrong_code: "error.wrong_code",
  not_found: "error.not_found",
  not_for_guests: "upload.not_for_guests",
  uploads_off: "upload.off",
  too_large: "upload.too_large",
  no_room: "upload.no_room",
  empty: "reason.empty",
  cut_off: "reason.cut_off",
  encrypted: "reason.encrypted",
  text: "flaw.text",
  unknown_format: "reason.unknown_format",
  unreadable: "flaw.unreadable",
};

/** Why the web server answers 503. @type {Record<string, Key>} */
const SERVER_REASONS = {
  database_silent: "error.database_silent",
  database_unusable: "error.database_unusable",
};

/** What says more than the code, and stands in place of its text. @type {Record<string, Key>} */
const UNAVAILABLE_TEXTS = { lost: "error.lost", offline: "error.offline", ...SERVER_REASONS };

/** What is wrong with a medium. @type {Record<import("../protocol/errors.js").MediaReason, Key>} */
const REASON_TEXTS = {
  aborted: "reason.aborted",
  network: "reason.network",
  damaged: "reason.damaged",
  unknown: "reason.unknown",
  picture: "reason.picture",
  stream: "reason.stream",
  subtitles: "reason.subtitles",
  empty: "reason.empty",
  cut_off: "reason.cut_off",
  encrypted: "reason.encrypted",
  unknown_format: "reason.unknown_format",
  no_ffmpeg: "reason.no_ffmpeg",
  conversions_full: "reason.conversions_full",
  no_room: "reason.no_room",
  text: "flaw.text",
  unreadable: "flaw.unreadable",
};

/**
 * Why a file of the library cannot be played.
 * @type {Record<import("../library/library.js").Flaw, Key>}
 */
const FLAW_TEXTS = {
  empty: "flaw.empty",
  cut_off: "flaw.cut_off",
  encrypted: "flaw.encrypted",
  text: "flaw.text",
  unknown_format: "flaw.unknown_format",
  unreadable: "flaw.unreadable",
  disc: "flaw.disc",
};

/** @type {Record<string, Key | undefined>} */
const FLAWS = FLAW_TEXTS;

/** @type {Record<string, Key | undefined>} */
const TEXTS = { ...CALL_TEXTS, ...API_TEXTS, photo: "upload.heic" };
/** @type {Record<string, Key | undefined>} */
const REASONS = { ...REASON_TEXTS, ...SERVER_REASONS };

/** Errors whose text is complete: the message of the other side would only repeat it. */
const PLAIN = [
  "gesture_required",
  "timeout",
  "unavailable",
  "cancelled",
  "too_many_requests",
  "unauthorized",
  "waiting",
  "wrong_code",
  "not_found",
  "not_for_guests",
  "uploads_off",
  "too_large",
  "photo",
  "empty",
  "cut_off",
  "encrypted",
  "text",
  "unknown_format",
  "unreadable",
];

/**
 * Return the key of the text for a flaw; an unknown flaw counts as "unreadable".
 * @param {string} flaw
 */
export function flawText(flaw) {
  return FLAWS[flaw] ?? FLAW_TEXTS.unreadable;
}

/**
 * Return the text for `error`, with its reason as detail.
 * @param {unknown} error
 * @param {Translate} translate
 * @returns {{ text: string, detail: string }}
 */
export function describeError(error, translate) {
  const known = error instanceof CallError || error instanceof ApiError;
  const code = known || error instanceof PhotoError ? error.code : "runtime_error";
  const reason = known && code === "unavailable" ? error.reason : "";
  const key = UNAVAILABLE_TEXTS[reason] || TEXTS[code] || "error.runtime_error";
  const detail = PLAIN.includes(code) ? "" : detailOf(error, translate);
  return { text: translate(key), detail };
}

/**
 * Return the reason of an error; empty if it is only known in English, and the user reads another
 * language.
 * @param {unknown} error an Error, or a player state's `error`; its `source` is named if it has one
 * @param {Translate} translate
 */
export function detailOf(error, translate) {
  const { message = "", reason = "", source = "" } = isRecord(error) ? error : {};
  const key = REASONS[`${reason}`];
  if (key && source) {
    const name = `${source}`.split("/").pop() || "";
    return translate("reason.of", { name, reason: translate(key) });
  }
  if (key) return translate(key);
  return translate("language") === "en" ? `${message}` : "";
}
