/** Sources of media: the library, or an address on the web; no I/O. */

import { readAddress } from "./addresses.js";
import { CallError } from "./errors.js";
import { isMediumName } from "./media-names.js";
import { beginning } from "./messages.js";
import { plainName } from "./names.js";

const LIBRARY = "media/";
/** An address: no path begins like this, because its levels are not empty. */
const ADDRESS = /^\s*[a-z][a-z0-9+.-]*:\/\//i;
/** Schemes that are refused; a path that begins like this needs `media/` before it. */
const NO_PATH = /^\s*(?:about|blob|data|file|javascript|vbscript):\S/i;

/**
 * @typedef {object} Source
 * @property {string} source as in the state: `media/<path>` or an http(s) address
 * @property {string} url the address to load; relative for a medium of the library
 * @property {string} title the name of the file, without its extension
 * @property {string | null} path in the library; null if it is elsewhere
 */

/**
 * Return the source in `text`; throws a CallError `invalid_argument` if it may not be played.
 * @param {string} text `media/<path>`, `<path>` or an http(s) address
 * @returns {Source}
 */
export function readSource(text) {
  const typed = readAddress(text);
  if (typed !== null) return readUrl(typed);
  return ADDRESS.test(text) || NO_PATH.test(text) ? readUrl(text.trim()) : readPath(text);
}

/** @param {string} text */
function readUrl(text) {
  let address;
  try {
    address = new URL(text);
  } catch {
    throw invalid(text);
  }
  if (!/^https?:$/.test(address.protocol)) throw invalid(text);
  const names = address.pathname.split("/").filter(Boolean);
  const title = names.length ? titleOf(decoded(names[names.length - 1])) : address.hostname;
  return { source: address.href, url: address.href, title, path: null };
}

/** @param {string} text */
function readPath(text) {
  // a folder may be written with a slash at the end
  const path = (text.startsWith(LIBRARY) ? text.slice(LIBRARY.length) : text).replace(
    /(.)\/$/,
    "$1",
  );
  const levels = path.split("/");
  if (levels.some((level) => level === "" || level === "." || level === "..")) throw invalid(text);
  if (path.includes("\0") || /[\ud800-\udfff]/u.test(path)) throw invalid(text);
  return {
    source: LIBRARY + path,
    url: addressOf(path),
    title: titleOf(levels[levels.length - 1]),
    path,
  };
}

/**
 * Return the address of a medium, relative to the pages, as the server makes it.
 * @param {string} path in the library
 */
function addressOf(path) {
  const escaped = encodeURIComponent(path).replace(/%2F/g, "/");
  return (
    LIBRARY + escaped.replace(/[!'()*]/g, (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`)
  );
}

/**
 * Return the address of the server's stream of a medium of the library.
 * @param {Source} source
 * @param {string} plan for example `copy-aac`
 */
export function streamAddress({ url }, plan) {
  return `streams/${url.slice(LIBRARY.length)}/${plan}/master.m3u8`;
}

/**
 * Return the address of the pictures for seeking in a film of the library; empty for other sources
 * and streams.
 * @param {string} source as in the state
 */
export function previewAddress(source) {
  const { path, url } = readSource(source);
  return path === null || isStream({ url }) ? "" : `previews/${url.slice(LIBRARY.length)}`;
}

/**
 * Return whether a source is a medium by its name; otherwise it may be a folder of the library.
 * @param {Source} source
 */
export function isMedium({ path }) {
  return path === null || isMediumName(path) || isPhoto({ path });
}

/**
 * Return whether a source is a photo of the library, by its name.
 * @param {{ path: string | null }} source
 */
export function isPhoto({ path }) {
  return path !== null && /\.(?:jpe?g|png|webp)$/i.test(path);
}

/**
 * Return whether a source is an HLS stream.
 * @param {{ url: string }} source
 */
export function isStream({ url }) {
  return /^[^?#]*\.m3u8(?:[?#]|$)/i.test(url);
}

/** @param {string} name */
function titleOf(name) {
  const title = name.replace(/([^])\.[^.]+$/, "$1").replace(/_+/g, " ");
  return plainName(title) || title;
}

/** @param {string} name */
function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** @param {string} text */
function invalid(text) {
  const shown = text.length > 60 ? `${beginning(text, 60)}…` : text;
  return new CallError(
    "invalid_argument",
    `source is ${JSON.stringify(shown)}: a path in the library or an http(s) address is needed`,
  );
}
