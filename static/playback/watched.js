/** The sources of media that were played to their end, newest first; no I/O. */

/** The most media that are remembered, because the answer to `history` holds all of them. */
export const MOST = 500;

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
 * Return the stored sources in `value`; none if it holds none.
 * @param {unknown} value
 * @returns {readonly string[]}
 */
export function readWatched(value) {
  const known = Array.isArray(value) ? value.filter((it) => typeof it === "string") : [];
  return known.slice(0, MOST);
}
