/** The positions at which media were stopped, newest first; no I/O. */

import { isRecord } from "../protocol/messages.js";

/** The most media that are remembered. */
const MOST = 50;
/** Seconds; a shorter medium starts again from the beginning. */
const LONG = 300;
/** Seconds from the beginning and from the end in which a medium does not resume. */
const EDGE = 60;
/** The part of a medium that counts as its end, because few watch the credits. */
const END = 0.05;

/**
 * @typedef {object} Place
 * @property {string} source
 * @property {string} title
 * @property {string | null} poster the address of a picture
 * @property {number} position seconds; 0 once it was played to its end
 * @property {number | null} duration seconds
 * @property {number} at when it was played, as Unix time in seconds
 */

/**
 * Remember `place` as the latest.
 * @param {readonly Place[]} places
 * @param {Place} place
 * @returns {readonly Place[]}
 */
export function remember(places, place) {
  return [place, ...places.filter(({ source }) => source !== place.source)].slice(0, MOST);
}

/**
 * Return the position in `source`, in seconds.
 * @param {readonly Place[]} places
 * @param {string} source
 */
export function positionIn(places, source) {
  const place = places.find((known) => known.source === source);
  return place?.position ?? 0;
}

/**
 * Return the position at which `source` resumes, in seconds: 0 if it is short, or was stopped near
 * its beginning or end.
 * @param {readonly Place[]} places
 * @param {string} source
 */
export function resumeAt(places, source) {
  const place = places.find((known) => known.source === source);
  if (!place || place.duration === null || place.duration < LONG) return 0;
  const { position, duration } = place;
  return position >= EDGE && !isAtEnd(position, duration) ? position : 0;
}

/**
 * Return whether a position counts as the end, which is at least the last minute of a long medium.
 * @param {number} position seconds
 * @param {number} duration seconds
 */
export function isAtEnd(position, duration) {
  const edge = duration < LONG ? 0 : EDGE;
  return position > duration - Math.max(edge, duration * END);
}

/**
 * Return the stored places in `value`; none if it holds none.
 * @param {unknown} value
 * @returns {readonly Place[]}
 */
export function readPlaces(value) {
  return Array.isArray(value) ? value.filter(isPlace).slice(0, MOST) : [];
}

/**
 * Return whether `value` is a stored place.
 * @param {unknown} value
 * @returns {value is Place}
 */
export function isPlace(value) {
  return (
    isRecord(value) &&
    typeof value.source === "string" &&
    typeof value.title === "string" &&
    typeof value.position === "number" &&
    typeof value.at === "number"
  );
}
