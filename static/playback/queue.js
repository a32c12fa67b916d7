/** The queue; every function returns a new one; no I/O. */

import { CallError } from "../protocol/errors.js";
import { isRecord } from "../protocol/messages.js";

/** The most items in a queue, because each state holds all of them. */
export const MOST_ITEMS = 500;

/**
 * @typedef {object} QueueItem
 * @property {string} id constant while it is in the queue
 * @property {string} title
 * @property {string} source
 * @property {string | null} poster the address of a picture
 * @property {number | null} duration seconds
 * @property {string} [added_by] the device that added it
 * @property {boolean} [along] it was added with another episode, not chosen
 * @property {"video" | "audio" | "image"} [kind] of the loaded item, once known, like the next ones
 * @property {string | null} [artist]
 * @property {string | null} [album]
 * @property {readonly import("../protocol/chapters.js").Chapter[]} [chapters]
 *
 * @typedef {"off" | "one" | "all"} Repeat
 *
 * @typedef {object} Queue
 * @property {readonly QueueItem[]} items in the order in which they are played
 * @property {boolean} on whether there is a present item, which is the loaded medium
 * @property {number} place of the present item; otherwise of the next one
 * @property {Repeat} repeat
 * @property {readonly string[] | null} unshuffled the ids in the order before shuffling; null if
 *   shuffle is off
 */

/** @type {Queue} */
export const EMPTY = Object.freeze({
  items: [],
  on: false,
  place: 0,
  repeat: "off",
  unshuffled: null,
});

/**
 * Return the index of the present item; null if there is none.
 * @param {Queue} queue
 */
export function indexOf({ on, place }) {
  return on ? place : null;
}

/**
 * Return the present item; null if there is none.
 * @param {Queue} queue
 * @returns {QueueItem | null}
 */
export function present({ items, on, place }) {
  return on ? items[place] : null;
}

/**
 * Add items at the end, as many as fit.
 * @param {Queue} queue
 * @param {...QueueItem} items
 */
export function add(queue, ...items) {
  return insert(queue, items, queue.items.length);
}

/**
 * Add items after the present one, as many as fit.
 * @param {Queue} queue
 * @param {...QueueItem} items
 */
export function playNext(queue, ...items) {
  return insert(queue, items, queue.place + (queue.on ? 1 : 0));
}

/**
 * Replace the present item with items, as many as fit; the first becomes the present one.
 * @param {Queue} queue
 * @param {...QueueItem} items at least one
 * @returns {Queue}
 */
export function replacePresent(queue, ...items) {
  const freed = queue.on ? remove(queue, queue.place) : queue;
  return { ...insert(freed, items, freed.place), on: true, place: freed.place };
}

/**
 * Return the queue `before` some items were loaded into it, with what was added since.
 * @param {Queue} queue
 * @param {Queue} before
 * @param {readonly QueueItem[]} loaded
 * @returns {Queue}
 */
export function takeBack(queue, before, loaded) {
  const known = new Set([...before.items, ...loaded].map(({ id }) => id));
  const added = queue.items.filter(({ id, along }) => !along && !known.has(id));
  return added.length ? add(before, ...added) : before;
}

/**
 * Remove an item. If it is the present one, it stays loaded outside the queue.
 * @param {Queue} queue
 * @param {number} index
 * @returns {Queue}
 */
export function remove(queue, index) {
  checkIndex(queue, "index", index);
  const { items, on, place, unshuffled } = queue;
  const { id } = items[index];
  return {
    ...queue,
    items: items.filter((item) => item.id !== id),
    on: on && index !== place,
    place: index < place ? place - 1 : place,
    unshuffled: unshuffled?.filter((other) => other !== id) ?? null,
  };
}

/**
 * Move an item to another place; the present item stays the same.
 * @param {Queue} queue
 * @param {number} from
 * @param {number} to where it is afterwards
 * @returns {Queue}
 */
export function move(queue, from, to) {
  checkIndex(queue, "from", from);
  checkIndex(queue, "to", to);
  const items = queue.items.slice();
  const [item] = items.splice(from, 1);
  items.splice(to, 0, item);
  const { place } = queue;
  if (queue.on && from === place) return { ...queue, items, place: to };
  const closed = from < place ? place - 1 : place;
  const opened = to < closed || (queue.on && to === closed) ? closed + 1 : closed;
  return { ...queue, items, place: opened };
}

/**
 * Remove all items; the loaded medium stays.
 * @param {Queue} queue
 * @returns {Queue}
 */
export function clear(queue) {
  return { ...queue, items: [], on: false, place: 0, unshuffled: queue.unshuffled && [] };
}

/**
 * Make the item at `index` the present one.
 * @param {Queue} queue
 * @param {number} index
 * @returns {Queue}
 */
export function jump(queue, index) {
  checkIndex(queue, "index", index);
  return { ...queue, on: true, place: index };
}

/**
 * Return the items that follow, in order; all of them with `repeat` `all`, the present one last.
 * @param {Queue} queue
 */
export function ahead({ items, on, place, repeat }) {
  const next = place + (on ? 1 : 0);
  return [...items.slice(next), ...(repeat === "all" ? items.slice(0, next) : [])];
}

/**
 * Return the items before, nearest first; all of them with `repeat` `all`, the present one last.
 * @param {Queue} queue
 */
export function behind({ items, place, repeat }) {
  const around = repeat === "all" ? items.slice(place) : [];
  return [...around, ...items.slice(0, place)].reverse();
}

/**
 * Return the index of the item that follows; null if none does.
 * @param {Queue} queue
 */
export function following(queue) {
  const [next] = ahead(queue);
  return next ? queue.items.indexOf(next) : null;
}

/**
 * Return the item that plays when the present medium has ended by itself.
 * @param {Queue} queue
 */
export function successor(queue) {
  if (queue.repeat === "one" && queue.on) return queue.place;
  return following(queue);
}

/**
 * @param {Queue} queue
 * @param {Repeat} repeat
 * @returns {Queue}
 */
export function setRepeat(queue, repeat) {
  return { ...queue, repeat };
}

/**
 * Set the title, picture and duration of an item.
 * @param {Queue} queue
 * @param {string} id
 * @param {Partial<QueueItem>} found
 * @returns {Queue}
 */
export function describe(queue, id, found) {
  const items = queue.items.map((item) => (item.id === id ? { ...item, ...found, id } : item));
  return { ...queue, items };
}

/**
 * Set the device that added some items.
 * @param {Queue} queue
 * @param {ReadonlySet<string>} ids
 * @param {string} added_by
 * @returns {Queue}
 */
export function sign(queue, ids, added_by) {
  const items = queue.items.map((item) => (ids.has(item.id) ? { ...item, added_by } : item));
  return { ...queue, items };
}

/**
 * Return the stored queue `value`; an empty one if it is not a queue.
 * @param {unknown} value
 * @returns {Queue}
 */
export function readQueue(value) {
  if (!isRecord(value) || !Array.isArray(value.items)) return EMPTY;
  const items = value.items.filter(isItem).slice(0, MOST_ITEMS);
  const known = new Set(items.map(({ id }) => id));
  if (items.length !== value.items.length || known.size !== items.length) return EMPTY;
  const { place, on, repeat, unshuffled } = value;
  if (typeof place !== "number" || !Number.isInteger(place) || place < 0) return EMPTY;
  const last = items.length - (on === true ? 1 : 0);
  const ids = Array.isArray(unshuffled) ? unshuffled.filter((id) => known.has(id)) : null;
  return {
    items,
    on: on === true && items.length > 0,
    place: Math.max(0, Math.min(place, last)),
    repeat: repeat === "one" || repeat === "all" ? repeat : "off",
    unshuffled: ids?.length === items.length ? ids : null,
  };
}

/**
 * @param {Queue} queue
 * @param {readonly QueueItem[]} added
 * @param {number} index
 * @returns {Queue}
 */
function insert(queue, added, index) {
  const { items, on, place, unshuffled } = queue;
  const fitting = added.slice(0, MOST_ITEMS - items.length);
  if (fitting.length === 0) {
    throw new CallError("not_supported", `the queue is full: it holds ${MOST_ITEMS} items`);
  }
  return {
    ...queue,
    items: [...items.slice(0, index), ...fitting, ...items.slice(index)],
    place: on && index <= place ? place + fitting.length : place,
    unshuffled: unshuffled && [...unshuffled, ...fitting.map(({ id }) => id)],
  };
}

/**
 * @param {Queue} queue
 * @param {string} name of the parameter
 * @param {number} index
 */
function checkIndex({ items }, name, index) {
  if (index < items.length) return;
  const range = items.length ? `a whole number from 0 to ${items.length - 1} is needed` : "";
  throw new CallError("invalid_argument", `${name} is ${index}: ${range || "the queue is empty"}`);
}

/**
 * @param {unknown} value
 * @returns {value is QueueItem}
 */
function isItem(value) {
  return (
    isRecord(value) &&
    typeof value.id === "string" &&
    typeof value.title === "string" &&
    typeof value.source === "string"
  );
}
