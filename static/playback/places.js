/** Where people stopped in what they played, the latest first; no I/O. */

import { isRecord } from "../protocol/messages.js";

/** How many media are remembered. */
const MOST = 50;
/** Seconds: what is shorter is begun again. */
const LONG = 300;
/** Seconds from the beginning, and from the end, in which nobody wants to be brought back. */
const EDGE = 60;
/** The part of a medium that is its end: people do not wait for the last name. */
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
 * Return where somebody was in `source`, in seconds.
 * @param {readonly Place[]} places
 * @param {string} source
 */
export function positionIn(places, source) {
  const place = places.find((known) => known.source === source);
  return place?.position ?? 0;
}

/**
 * Return where a film that is loaded again goes on, in seconds: where one stopped, if it is a long
 * one and that is neither its beginning nor its end.
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
 * Tell whether somebody who is there has seen a medium: the end of a long one has its last minute.
 * @param {number} position seconds
 * @param {number} duration seconds
 */
export function isAtEnd(position, duration) {
  const edge = duration < LONG ? 0 : EDGE;
  return position > duration - Math.max(edge, duration * END);
}

/**
 * Return the places that were kept as `value`; none if there are none.
 * @param {unknown} value
 * @returns {readonly Place[]}
 */
export function readPlaces(value) {
  return Array.isArray(value) ? value.filter(isPlace).slice(0, MOST) : [];
}

/**
 * @param {unknown} value
 * @returns {value is Place}
 */
function isPlace(value) {
  return (
    isRecord(value) &&
    typeof value.source === "string" &&
    typeof value.title === "string" &&
    typeof value.position === "number" &&
    typeof value.at === "number"
  );
}
