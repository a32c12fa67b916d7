/** The payloads of the wire contract (docs/protocol.md, "Parameters" and "Errors"); no I/O. */

import { CallError } from "./errors.js";

/** The longest payload of parameters, in bytes. */
export const MAX_PARAMETERS = 64 * 1024;

/**
 * The parameters of a call: by position, by name, or none.
 * @typedef {object} Parameters
 * @property {unknown[]} positional
 * @property {Record<string, unknown>} named
 */

/**
 * Return the parameters in `payload`.
 *
 * A CallError `invalid_argument` says that it is over 64 KiB, is not UTF-8, or starts with `[` or
 * `{` and is not JSON.
 * @param {Uint8Array} payload
 * @returns {Parameters}
 */
export function readParameters(payload) {
  checkLength(payload);
  const text = decode(payload);
  if (text === "") return { positional: [], named: {} };
  const structured = text[0] === "[" || text[0] === "{";
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (structured) {
      throw new CallError("invalid_argument", `the parameters are not JSON: ${reasonOf(error)}`);
    }
    return { positional: [text], named: {} };
  }
  if (!structured) {
    // JSON white space may stand before `[` or `{`; only as the first character are they structure.
    return { positional: [isContainer(value) ? text : value], named: {} };
  }
  return Array.isArray(value) ? { positional: value, named: {} } : { positional: [], named: value };
}

/**
 * Return the payload for a call with these parameters.
 * @param {Record<string, unknown> | unknown[]} parameters by name, or by position
 * @returns {Uint8Array}
 */
export function writeParameters(parameters) {
  if (Object.keys(parameters).length === 0) return new Uint8Array(0);
  const payload = encode(parameters, "the parameters");
  checkLength(payload);
  return payload;
}

/**
 * Return the payload of an answer that gives `result`.
 * @param {unknown} result
 */
export function writeResult(result) {
  return encode({ result: result === undefined ? null : result }, "the result");
}

/**
 * Return the payload of an answer that gives `error`.
 * @param {CallError} error
 */
export function writeError(error) {
  const { code, message, reason } = error;
  return encode({ error: { code, message, ...(reason ? { reason } : {}) } }, "the error");
}

/**
 * Return the payload of any other JSON message: the state, an event.
 * @param {unknown} value
 */
export function writeJson(value) {
  return encode(value, "the message");
}

/**
 * Return the JSON value in `payload`; undefined if there is none.
 * @param {Uint8Array} payload
 * @returns {unknown}
 */
export function readJson(payload) {
  try {
    return JSON.parse(decode(payload));
  } catch {
    return undefined;
  }
}

/**
 * Return the result in the answer `payload`.
 *
 * Throws the CallError in the answer, or one with code `runtime_error` if it is malformed.
 * @param {Uint8Array} payload
 * @returns {unknown}
 */
export function readResponse(payload) {
  const answer = readJson(payload);
  if (answer === undefined) throw new CallError("runtime_error", "the answer is not JSON");
  if (isRecord(answer)) {
    if ("result" in answer) return answer.result;
    const error = answer.error;
    if (isRecord(error) && typeof error.code === "string" && typeof error.message === "string") {
      throw new CallError(error.code, error.message, String(error.reason || ""));
    }
  }
  throw new CallError("runtime_error", "the answer has neither a result nor an error");
}

/**
 * Return whether `value` is a JSON object.
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isRecord(value) {
  return isContainer(value) && !Array.isArray(value);
}

/**
 * Return the first `most` characters of `text`; half of a surrogate pair is none.
 * @param {string} text
 * @param {number} most
 */
export function beginning(text, most) {
  return Array.from(text).slice(0, most).join("");
}

/** @param {unknown} value */
function isContainer(value) {
  return typeof value === "object" && value !== null;
}

/** @param {Uint8Array} payload */
function checkLength(payload) {
  if (payload.length > MAX_PARAMETERS) {
    const length = `${payload.length} bytes; ${MAX_PARAMETERS} at most`;
    throw new CallError("invalid_argument", `the parameters are ${length}`);
  }
}

/** @param {Uint8Array} payload */
function decode(payload) {
  try {
    // keep a byte order mark, which is part of the text
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    throw new CallError("invalid_argument", "the parameters are not UTF-8");
  }
}

/**
 * @param {unknown} value
 * @param {string} what
 */
function encode(value, what) {
  try {
    return new TextEncoder().encode(JSON.stringify(value));
  } catch (error) {
    throw new CallError(
      "invalid_argument",
      `${what} cannot be written as JSON: ${reasonOf(error)}`,
    );
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Return a random text of hexadecimal digits.
 * @param {number} [length] bytes of randomness; each has two digits
 */
export function randomToken(length = 6) {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
