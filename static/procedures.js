/** The procedures of a player and what each takes (docs/protocol.md); no I/O. */

import { CallError } from "./errors.js";

/**
 * @typedef {import("./messages.js").Parameters} Parameters
 * @typedef {string | number | boolean} Scalar
 *
 * @typedef {object} Parameter
 * @property {string} name
 * @property {"number" | "text" | "boolean"} type
 * @property {number} [least] of a number: its lower bound; of a text: its shortest length
 * @property {number} [most] the upper bound, the longest length
 * @property {Scalar | null} [default] null: may be left out, the procedure then decides
 */

/** @type {Readonly<Record<string, readonly Parameter[]>>} */
export const PROCEDURES = Object.freeze({
  status: [],
  play: [],
  pause: [],
  toggle: [],
  stop: [],
  volume: [{ name: "level", type: "number", least: 0, most: 100 }],
  "volume/up": [{ name: "step", type: "number", least: 1, most: 100, default: 5 }],
  "volume/down": [{ name: "step", type: "number", least: 1, most: 100, default: 5 }],
  mute: [{ name: "on", type: "boolean", default: null }],
  seek: [{ name: "position", type: "number", least: 0 }],
  "seek/by": [{ name: "offset", type: "number" }],
  load: [
    { name: "source", type: "text", least: 1, most: 4096 },
    { name: "title", type: "text", least: 1, most: 200, default: null },
    { name: "position", type: "number", least: 0, default: null },
  ],
  message: [
    { name: "text", type: "text", least: 1, most: 1000 },
    { name: "seconds", type: "number", least: 1, most: 3600, default: 5 },
  ],
  rename: [{ name: "name", type: "text", least: 1, most: 64 }],
});

/**
 * Return the value of each declared parameter, null for one that was left out and has no default.
 *
 * A CallError `invalid_argument` names the parameter that is missing, unknown, too many, of the
 * wrong type or out of range, and what it takes.
 * @param {string} procedure a key of `PROCEDURES`
 * @param {Parameters} parameters
 * @returns {Record<string, any>}
 */
export function bind(procedure, { positional, named }) {
  const declared = PROCEDURES[procedure];
  if (positional.length > declared.length) {
    throw invalid(`${procedure} takes ${listOf(declared)}, not ${positional.length} parameters`);
  }
  for (const name of Object.keys(named)) {
    if (!declared.some((parameter) => parameter.name === name)) {
      throw invalid(`${procedure} takes ${listOf(declared)}, not ${JSON.stringify(name)}`);
    }
  }
  return Object.fromEntries(
    declared.map((parameter, index) => {
      const { name } = parameter;
      if (index < positional.length) return [name, check(parameter, positional[index])];
      if (Object.keys(named).includes(name)) return [name, check(parameter, named[name])];
      if (parameter.default === undefined) {
        throw invalid(`${name} is missing: ${takes(parameter)}`);
      }
      return [name, parameter.default];
    }),
  );
}

/**
 * @param {Parameter} parameter
 * @param {unknown} value
 */
function check(parameter, value) {
  if (!fits(parameter, value)) {
    throw invalid(`${parameter.name} is ${shown(value)}: ${takes(parameter)}`);
  }
  return value;
}

/**
 * @param {Parameter} parameter
 * @param {unknown} value
 */
function fits({ type, least = -Infinity, most = Infinity }, value) {
  if (type === "boolean") return typeof value === "boolean";
  if (type === "number") {
    return typeof value === "number" && Number.isFinite(value) && value >= least && value <= most;
  }
  if (typeof value !== "string") return false;
  const length = Array.from(value.trim()).length;
  return length >= least && length <= most;
}

/** @param {Parameter} parameter */
function takes({ type, least, most }) {
  if (type === "boolean") return "true or false is needed";
  if (type === "text") return `a text of ${least} to ${most} characters is needed`;
  if (least === undefined) return "a number is needed";
  if (most === undefined) return `a number of ${least} or more is needed`;
  return `a number from ${least} to ${most} is needed`;
}

/** @param {readonly Parameter[]} declared */
function listOf(declared) {
  if (declared.length === 0) return "no parameters";
  return declared.map(({ name }) => name).join(", ");
}

/** @param {unknown} value */
function shown(value) {
  const text = JSON.stringify(value) || String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** @param {string} message */
function invalid(message) {
  return new CallError("invalid_argument", message);
}
