/** What the library tells (docs/library.md), and what a player makes of it; no I/O. */

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
 * @property {string} name what people call its codec
 * @property {string} codec what a browser calls it
 * @property {string} [codec_name] what ffmpeg calls it
 * @property {string | null} [profile] of the codec, as ffmpeg calls it
 * @property {string | null} [language] ISO 639 code
 * @property {string | null} [title]
 * @property {boolean} [default] the file says that it is to be played first
 * @property {number | null} [bitrate] bits per second
 * @property {number | null} [channels] of a sound
 * @property {number | null} [sample_rate] of a sound, in hertz
 * @property {number | null} [width] of a picture, in pixels
 * @property {number | null} [height] of a picture, in pixels
 * @property {number | null} [frame_rate] pictures per second
 * @property {number | null} [bit_depth] bits of a sample of a picture
 * @property {"pq" | "hlg" | null} [hdr] high dynamic range
 * @property {boolean} [interlaced] a picture is two fields
 * @property {0 | 90 | 180 | 270} [rotation] degrees by which it is to be turned anticlockwise
 *
 * @typedef {"empty" | "cut_off" | "encrypted" | "text" | "unknown_format" | "unreadable" | "disc"} Flaw
 *
 * @typedef {object} Entry
 * @property {"folder" | "video" | "audio"} kind
 * @property {string} path
 * @property {string} title
 * @property {number | null} year
 * @property {string | null} thumbnail relative to the address of the pages
 * @property {number} [entries] of a folder: how many it holds
 * @property {string} [source] of a medium: what `load` and the queue take
 * @property {number | null} [duration] seconds
 * @property {string | null} [artist]
 * @property {string} [type] for `canPlayType`
 * @property {Track[]} [tracks]
 * @property {Flaw | null} [flaw] why it cannot be played
 * @property {number | null} [season] 0 for specials
 * @property {number | null} [episode]
 * @property {number} [position] seconds, where one stopped
 *
 * @typedef {object} Listing
 * @property {string} path
 * @property {number} total
 * @property {{ state: "scanning" | "probing" | "ready" | "unavailable", media: number, probed: number }} index
 * @property {Entry[]} entries
 */

/** Streams are played by hls.js where the browser does not know them itself. */
const STREAM = /mpegurl/i;

/**
 * Return the folder's own name and its path, for it and each folder around it; the library itself,
 * without a name, first.
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
 * Return the types by which a player is asked what of `entry` it can play.
 * @param {Entry} entry
 */
export function typesOf({ type = "", tracks = [] }) {
  const container = containerOf(type);
  if (!container) return [];
  return [container, ...tracks.map(({ codec }) => typesOfCodec(container, codec)).flat()];
}

/**
 * Return what in a medium cannot be played, in the names that people know: `AC-3`, `MKV`.
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
 * Return the container that `type` says; an empty text for a stream.
 * @param {string} type
 */
function containerOf(type) {
  const container = type.split(";")[0].trim();
  return STREAM.test(container) ? "" : container;
}

/**
 * Browsers play codecs in more containers than they admit.
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
