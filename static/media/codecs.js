/** Which codecs a browser decodes; no I/O. */

/** Codecs are asked for in all of these: browsers open more containers than they admit. */
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
 * Return the type by which a browser knows a picture or sound, in whatever container; undefined if
 * it decodes none of that kind.
 * @param {import("../library/catalogue.js").Part} part
 * @param {(type: string) => boolean} canPlay
 */
export function decodedType({ codec }, canPlay) {
  return CONTAINERS.map((container) => `${container}; codecs="${codec}"`).find(canPlay);
}

/**
 * Tell whether a browser decodes a picture or sound, in whatever container.
 * @param {import("../library/catalogue.js").Part} part
 * @param {(type: string) => boolean} canPlay
 */
export function isDecoded(part, canPlay) {
  return decodedType(part, canPlay) !== undefined;
}
