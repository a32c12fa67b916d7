/** The server's refusals of a stream (RFC 9457) as flaws of the medium; no I/O. */

import { MEDIA_REASONS } from "../../protocol/errors.js";
import { isRecord } from "../../protocol/messages.js";

/** @typedef {import("../media-errors.js").Flaw} Flaw */

/**
 * Return the flaw in a response.
 * @param {number} status of the answer
 * @param {unknown} body its text
 * @returns {Flaw}
 */
export function flawOfAnswer(status, body) {
  const problem = read(body);
  const words =
    typeof problem.detail === "string" && problem.detail
      ? problem.detail
      : `the server answered ${status} to a part of it`;
  const reason = MEDIA_REASONS.find((known) => known === problem.code) || "network";
  return { reason, words, status };
}

/**
 * @param {unknown} body
 * @returns {Record<string, unknown>}
 */
function read(body) {
  try {
    const text = body instanceof ArrayBuffer ? new TextDecoder().decode(body) : body;
    const value = typeof text === "string" ? JSON.parse(text) : null;
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
