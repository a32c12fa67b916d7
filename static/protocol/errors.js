/**
 * The errors of the pages, drawn as one tree.
 *
 *     ZapetteError
 *     ├── TopicError       a name or topic breaks the wire contract
 *     ├── CallError        a call did not give a result; `code` says why
 *     ├── ApiError         the web server refused a request or did not answer; `code` says why
 *     ├── PhotoError       this browser cannot draw a photo, and nor can the server
 *     └── TransportError   the broker refused the connection, or it could not be made
 */

/** The contract's error codes; the last three are made by the caller's own side. */
export const CALL_ERRORS = Object.freeze(
  /** @type {const} */ ([
    "no_such_procedure",
    "invalid_argument",
    "not_supported",
    "gesture_required",
    "media_error",
    "runtime_error",
    "timeout",
    "unavailable",
    "cancelled",
  ]),
);

/** The reasons of a `media_error`. */
export const MEDIA_REASONS = Object.freeze(
  /** @type {const} */ ([
    "aborted",
    "network",
    "damaged",
    "unknown",
    "picture",
    "stream",
    "subtitles",
    "empty",
    "cut_off",
    "encrypted",
    "unknown_format",
    "no_ffmpeg",
    "conversions_full",
    "no_room",
    "text",
    "unreadable",
  ]),
);

/** @typedef {(typeof CALL_ERRORS)[number]} CallErrorCode */
/** @typedef {(typeof MEDIA_REASONS)[number]} MediaReason */

/** The base of every error that the pages raise on purpose. */
class ZapetteError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = this.constructor.name;
  }
}

/** A player id, name, procedure or topic is malformed. */
export class TopicError extends ZapetteError {}

/** A call ended without a result. */
export class CallError extends ZapetteError {
  /**
   * @param {string} code one of `CALL_ERRORS`, or a foreign callee's own
   * @param {string} message a description for the caller
   * @param {string} [reason] of `unavailable`: `lost` while the call waited, or `offline`; of
   *   `media_error`: one of `MEDIA_REASONS`
   */
  constructor(code, message, reason = "") {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/**
 * The codes of the web server's errors (docs/http-api.md, "Errors").
 * @typedef {"invalid_request" | "invalid_id" | "unauthorized" | "waiting" | "wrong_key" | "wrong_code"
 *   | "turned_out" | "not_found" | "method_not_allowed" | "request_timeout" | "conflict"
 *   | "misdirected_request" | "requested_range_not_satisfiable" | "media_error" | "empty"
 *   | "cut_off" | "encrypted" | "text" | "unknown_format" | "unreadable" | "damaged" | "no_ffmpeg"
 *   | "conversion_off" | "conversions_full" | "not_for_guests" | "uploads_off" | "too_large"
 *   | "no_room" | "too_many_requests" | "runtime_error" | "not_implemented" | "unavailable"
 *   | "http_version_not_supported"} ApiErrorCode
 */

/** The web server refused a request (RFC 9457), or did not answer it. */
export class ApiError extends ZapetteError {
  /**
   * @param {ApiErrorCode} code the `code` member of the problem
   * @param {string} message its detail
   * @param {number} status of the HTTP response; 0 if there was none
   * @param {Record<string, unknown>} [members] of the problem
   */
  constructor(code, message, status, members = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }

  /** Why it is `unavailable`, if the server says so; otherwise empty. */
  get reason() {
    return String(this.members.reason || "");
  }

  /** Whether a retry may help, because the server is away, broken or busy. */
  get passing() {
    return (
      this.code === "unavailable" || this.status === 0 || this.status === 429 || this.status >= 500
    );
  }
}

/** This browser cannot draw a photo that has to be redrawn before it is sent. */
export class PhotoError extends ZapetteError {
  code = /** @type {const} */ ("photo");
}

/** The broker refused the connection, or none could be made. */
export class TransportError extends ZapetteError {
  /**
   * @param {string} message
   * @param {object} [about]
   * @param {boolean} [about.reached] the broker's socket opened before the failure
   * @param {number | null} [about.refusal] the CONNACK code, when the broker sent one
   */
  constructor(message, { reached = false, refusal = null } = {}) {
    super(message);
    this.reached = reached;
    this.refusal = refusal;
  }
}
