/** What a browser cannot decode of a medium, said before it is tried; no I/O. */

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
 * @typedef {import("../library/catalogue.js").About} About
 * @typedef {import("../library/catalogue.js").Part} Part
 * @typedef {(type: string) => boolean} CanPlay
 */

/**
 * Return the pictures' codec if the browser decodes none of the pictures; null if it does.
 * @param {About} about
 * @param {CanPlay} canPlay
 */
export function unknownPicture(about, canPlay) {
  return unknownCodec(about, "video", canPlay);
}

/**
 * Return the sounds' codec if the browser decodes none of the sounds; null if it does.
 * @param {About} about
 * @param {CanPlay} canPlay
 */
export function unknownSound(about, canPlay) {
  return unknownCodec(about, "audio", canPlay);
}

/**
 * @param {About} about
 * @param {Part["kind"]} kind
 * @param {CanPlay} canPlay
 */
function unknownCodec({ tracks }, kind, canPlay) {
  const parts = tracks.filter((part) => part.kind === kind);
  if (!parts.length || parts.some((part) => decodes(part, canPlay))) return null;
  return parts[0].name;
}

/**
 * @param {Part} part
 * @param {CanPlay} canPlay
 */
function decodes({ codec }, canPlay) {
  return CONTAINERS.some((container) => canPlay(`${container}; codecs="${codec}"`));
}
