/** Which codecs a browser decodes; no I/O. */

/** Codecs are checked in all of these, as browsers open more containers than they report. */
const CONTAINERS = [
  "video/mp4",
  "video/webm",
  "video/ogg",
  "audio/mp4",
  "audio/webm",
  "audio/ogg",
  "audio/mpeg",
  "audio/flac",
  "audio/wav",
];

/**
 * Return the type that a browser reports for a picture or sound, in any container; undefined if it
 * does not decode it.
 * @param {import("../../library/catalogue.js").Part} part
 * @param {(type: string) => boolean} canPlay
 */
export function decodedType({ codec }, canPlay) {
  return CONTAINERS.map((container) => `${container}; codecs="${codec}"`).find(canPlay);
}

/**
 * Return whether a browser decodes a picture or sound, in any container.
 * @param {import("../../library/catalogue.js").Part} part
 * @param {(type: string) => boolean} canPlay
 */
export function isDecoded(part, canPlay) {
  return decodedType(part, canPlay) !== undefined;
}
