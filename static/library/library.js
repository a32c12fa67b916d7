/** The library's answers (docs/library-api.md), and what a player can play of them; no I/O. */

/**
 * @typedef {object} Query
 * @property {string} [path]
 * @property {string} [search]
 * @property {"name" | "added" | "play" | "series"} [order]
 * @property {number} [offset]
 * @property {number} [limit]
 *
 * @typedef {object} Track
 * @property {"video" | "audio"} kind
 * @property {string} name the usual name of its codec
 * @property {string} codec the name in a MIME type
 * @property {string} [codec_name] ffmpeg's name
 * @property {string | null} [profile] of the codec, by ffmpeg's name
 * @property {string | null} [language] ISO 639 code
 * @property {string | null} [title]
 * @property {boolean} [default] marked as default in the file
 * @property {number | null} [bitrate] bits per second
 * @property {number | null} [channels] of a sound
 * @property {number | null} [sample_rate] of a sound, in hertz
 * @property {number | null} [width] of a picture, in pixels
 * @property {number | null} [height] of a picture, in pixels
 * @property {number | null} [frame_rate] pictures per second
 * @property {number | null} [bit_depth] bits of a sample of a picture
 * @property {"pq" | "hlg" | null} [hdr] high dynamic range
 * @property {boolean} [interlaced] a picture is two fields
 * @property {0 | 90 | 180 | 270} [rotation] degrees anticlockwise to show it upright
 *
 * @typedef {"empty" | "cut_off" | "encrypted" | "text" | "unknown_format" | "unreadable" | "disc"} Flaw
 *
 * @typedef {object} Entry
 * @property {"folder" | "video" | "audio"} kind
 * @property {string} path
 * @property {string} title
 * @property {number | null} year
 * @property {string | null} thumbnail relative to the address of the pages
 * @property {number} [entries] the number of entries in a folder
 * @property {string} [source] of a medium, for `load` and the queue
 * @property {number | null} [duration] seconds
 * @property {string | null} [artist]
 * @property {string} [type] for `canPlayType`
 * @property {Track[]} [tracks]
 * @property {Flaw | null} [flaw] why it cannot be played
 * @property {number | null} [season] 0 for specials
 * @property {number | null} [episode]
 * @property {number} [position] seconds at which it stopped
 *
 * @typedef {object} Listing
 * @property {string} path
 * @property {number} total
 * @property {{ state: "scanning" | "probing" | "ready" | "unavailable", media: number, probed: number }} index
 * @property {Entry[]} entries
 */

/** Streams, which hls.js plays if the browser does not. */
const STREAM = /mpegurl/i;

/**
 * Return the names and paths of a folder and its parents; the library itself, without a name, first.
 * @param {string} path
 */
export function crumbs(path) {
  const levels = path ? path.split("/") : [];
  const folders = levels.map((name, index) => ({
    name,
    path: levels.slice(0, index + 1).join("/"),
  }));
  return [{ name: "", path: "" }, ...folders];
}

/**
 * Return the types to ask a player for, to know what of `entry` it can play.
 * @param {Entry} entry
 */
export function typesOf({ type = "", tracks = [] }) {
  const container = containerOf(type);
  if (!container) return [];
  return [container, ...tracks.map(({ codec }) => typesOfCodec(container, codec)).flat()];
}

/**
 * Return what in a medium cannot be played, by its usual names: `AC-3`, `MKV`.
 * @param {Entry} entry
 * @param {(type: string) => boolean} canPlay one of the types above
 * @returns {string[]}
 */
export function unplayable({ path, type = "", tracks = [] }, canPlay) {
  const container = containerOf(type);
  if (!container) return [];
  if (!canPlay(container)) return [ending(path)];
  const kinds = ["video", "audio"].map((kind) => tracks.filter((track) => track.kind === kind));
  const lost = kinds.filter(
    (kind) =>
      kind.length > 0 && !kind.some(({ codec }) => typesOfCodec(container, codec).some(canPlay)),
  );
  return lost.map(([{ name }]) => name);
}

/**
 * Return the container in `type`; an empty text for a stream.
 * @param {string} type
 */
function containerOf(type) {
  const container = type.split(";")[0].trim();
  return STREAM.test(container) ? "" : container;
}

/**
 * Browsers play codecs in more containers than they report.
 * @param {string} container
 * @param {string} codec
 */
function typesOfCodec(container, codec) {
  const containers = [container, "video/mp4", "video/webm", "audio/ogg", "audio/mpeg"];
  return containers.map((one) => `${one}; codecs="${codec}"`);
}

/** @param {string} path */
function ending(path) {
  return path.slice(path.lastIndexOf(".") + 1).toUpperCase();
}
