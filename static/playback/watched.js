/** What was played to its end, by its source, the latest first; no I/O. */

/** How many media are remembered: the answer to `history` tells all of them. */
const MOST = 500;

/**
 * Remember `source` as the latest.
 * @param {readonly string[]} watched
 * @param {string} source
 * @returns {readonly string[]}
 */
export function rememberWatched(watched, source) {
  return [source, ...watched.filter((other) => other !== source)].slice(0, MOST);
}

/**
 * Return the sources that were kept as `value`; none if there are none.
 * @param {unknown} value
 * @returns {readonly string[]}
 */
export function readWatched(value) {
  const known = Array.isArray(value) ? value.filter((it) => typeof it === "string") : [];
  return known.slice(0, MOST);
}
