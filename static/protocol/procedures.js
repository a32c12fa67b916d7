/**
 * The procedures of a player and their parameters (docs/protocol.md), in the order of the state's
 * `can`; no I/O.
 */

import { CallError } from "./errors.js";
import { beginning } from "./messages.js";
import { NAME, RATE, SUBTITLE_DELAY, SUBTITLE_SIZE, TITLE, TYPES, VOLUME } from "./ranges.js";

/**
 * @typedef {import("./messages.js").Parameters} Parameters
 * @typedef {string | number | boolean} Scalar
 *
 * @typedef {object} Parameter
 * @property {string} name
 * @property {"number" | "whole" | "text" | "boolean" | "track" | "choice" | "texts"} type
 * @property {number} [least] the least number, or length of a text
 * @property {number} [most] the greatest number, length of a text, or count of texts
 * @property {readonly string[]} [choices]
 * @property {Scalar | null} [default] null: optional, the procedure decides
 */

/** @type {readonly Parameter[]} */
const INDEX = [{ name: "index", type: "whole" }];
/** @type {readonly Parameter[]} */
const ON = [{ name: "on", type: "boolean", default: null }];
/** @type {readonly Parameter[]} */
const MEDIUM = [
  { name: "source", type: "text", least: 1, most: 4096 },
  { name: "title", type: "text", ...TITLE, default: null },
];
/** @type {readonly Parameter[]} */
const STEP = [{ name: "step", type: "number", least: 1, most: 100, default: 5 }];
/** @type {readonly Parameter[]} */
const TRACK = [{ name: "track", type: "track" }];

/** @type {Readonly<Record<string, readonly Parameter[]>>} */
export const PROCEDURES = Object.freeze({
  status: [],
  play: [],
  pause: [],
  toggle: [],
  stop: [],
  volume: [{ name: "level", type: "number", ...VOLUME }],
  "volume/up": STEP,
  "volume/down": STEP,
  mute: ON,
  seek: [{ name: "position", type: "number", least: 0 }],
  "seek/by": [{ name: "offset", type: "number" }],
  rate: [{ name: "factor", type: "number", ...RATE }],
  load: [...MEDIUM, { name: "position", type: "number", least: 0, default: null }],
  next: [],
  previous: [],
  jump: INDEX,
  "queue/add": MEDIUM,
  "queue/play_next": MEDIUM,
  "queue/remove": INDEX,
  "queue/move": [
    { name: "from", type: "whole" },
    { name: "to", type: "whole" },
  ],
  "queue/clear": [],
  repeat: [{ name: "mode", type: "choice", choices: ["off", "one", "all"] }],
  shuffle: ON,
  subtitles: TRACK,
  "subtitles/size": [{ name: "percent", type: "number", ...SUBTITLE_SIZE }],
  "subtitles/delay": [{ name: "seconds", type: "number", ...SUBTITLE_DELAY }],
  audio: TRACK,
  stream: [
    {
      name: "kind",
      type: "choice",
      choices: ["auto", "direct", "remux", "transcode"],
      default: "auto",
    },
  ],
  fullscreen: ON,
  message: [
    { name: "text", type: "text", least: 1, most: 1000 },
    { name: "seconds", type: "number", least: 1, most: 3600, default: 5 },
  ],
  sleep: [{ name: "minutes", type: "number", least: 0, most: 1440 }],
  rename: [{ name: "name", type: "text", ...NAME }],
  history: [],
  playable: [{ name: "types", type: "texts", ...TYPES }],
});

/**
 * Return the value of each declared parameter, null for an omitted one without a default.
 *
 * Throws a CallError `invalid_argument` that names the missing, unknown, surplus or wrong parameter
 * and what it takes.
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
function fits({ type, least = -Infinity, most = Infinity, choices = [] }, value) {
  if (type === "boolean") return typeof value === "boolean";
  if (type === "whole") return isNumber(value) && Number.isInteger(value) && value >= 0;
  if (type === "number") return isNumber(value) && value >= least && value <= most;
  if (type === "track") return value === null || isNumber(value) || isText(value, 1, 64);
  if (type === "texts") {
    return Array.isArray(value) && value.length <= most && value.every((it) => isText(it, 1, 200));
  }
  return isText(value, least, most) && (type !== "choice" || choices.includes(value));
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/**
 * @param {unknown} value
 * @param {number} least characters
 * @param {number} most
 * @returns {value is string}
 */
function isText(value, least, most) {
  // Half of a surrogate pair is no character: nobody could write it down in UTF-8.
  if (typeof value !== "string" || /[\ud800-\udfff]/u.test(value)) return false;
  const length = Array.from(value.trim()).length;
  return length >= least && length <= most;
}

/** @param {Parameter} parameter */
function takes({ type, least, most, choices = [] }) {
  if (type === "boolean") return "true or false is needed";
  if (type === "whole") return "a whole number of 0 or more is needed";
  if (type === "track") return "the id of a track, or null, is needed";
  if (type === "choice") return `one of ${choices.join(", ")} is needed`;
  if (type === "texts") return `a list of up to ${most} texts is needed`;
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
  return text.length > 60 ? `${beginning(text, 60)}…` : text;
}

/** @param {string} message */
function invalid(message) {
  return new CallError("invalid_argument", message);
}
