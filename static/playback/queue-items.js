/** Makes items of the queue, from sources and from entries of the library. */

import { CallError } from "../protocol/errors.js";
import { randomToken } from "../protocol/messages.js";
import { plainName } from "../protocol/names.js";
import { isMedium, readSource } from "../protocol/sources.js";
import { present, readQueue } from "./queue.js";

/**
 * @typedef {import("../library/catalogue.js").About} About
 * @typedef {import("./queue.js").QueueItem} QueueItem
 * @typedef {import("../protocol/sources.js").Source} Source
 */

/**
 * Return an item for a source.
 * @param {Source} source
 * @param {string | null} [title]
 * @returns {QueueItem}
 */
export function newItem(source, title = null) {
  return {
    id: randomToken(4),
    title: plainName(title ?? "") || source.title,
    source: source.source,
    poster: null,
    duration: null,
  };
}

/**
 * Return an item for an entry of the library.
 * @param {About} about
 * @returns {QueueItem}
 */
export function itemOf(about) {
  const { source, title, duration } = about;
  return { ...newItem(readSource(source), title), poster: pictureOf(about), duration };
}

/**
 * Return the address of a picture for the state, whose readers need not have a session.
 * @param {About} about
 */
export function pictureOf({ picture, poster, thumbnail }) {
  return picture || poster || thumbnail;
}

/**
 * Return the stored item `value`; null if it is not one.
 * @param {unknown} value
 */
export function readItem(value) {
  return present(readQueue({ items: [value], on: true, place: 0 }));
}

/**
 * Return the items for a source: of a folder its media, in playing order.
 * @param {import("../library/catalogue.js").Catalogue} catalogue
 * @param {Source} source
 * @param {string | null} title
 * @returns {Promise<QueueItem[]>} at least one
 */
export async function itemsOf(catalogue, source, title) {
  const { path } = source;
  if (path === null || isMedium(source)) return [newItem(source, title)];
  const entry = await catalogue.about(source);
  // a file that holds an address stands for that address
  if (entry && entry.source !== source.source) return [itemOf(entry)];
  const media = entry ? null : await catalogue.folder(path);
  if (media === null) return [newItem(source, title)];
  if (media.length === 0) {
    const words = "there is nothing in this folder that can be played";
    const name = JSON.stringify(source.source);
    throw new CallError("invalid_argument", `source is ${name}: ${words}`);
  }
  return media.map(itemOf);
}
