/** The episodes of a series as the queue; every function returns a new queue; no I/O. */

import { MOST_ITEMS, present } from "./queue.js";

/** The most items of a long series before the present one. */
const EARLIER = 100;

/**
 * @typedef {import("./queue.js").Queue} Queue
 * @typedef {import("./queue.js").QueueItem} QueueItem
 */

/**
 * Make a series the queue if all its items belong to that series and are not shuffled; otherwise
 * change nothing. A series that is too long starts some items before the present one.
 * @param {Queue} queue its present item is one of `items`
 * @param {readonly QueueItem[]} items all of the series, in order
 * @returns {Queue}
 */
export function becomeSeries(queue, items) {
  const now = present(queue);
  const place = items.findIndex(({ source }) => now !== null && source === now.source);
  const sources = new Set(items.map(({ source }) => source));
  const others = queue.items.some(({ source }) => !sources.has(source));
  if (now === null || place < 0 || queue.unshuffled || others) return queue;
  const known = new Map(queue.items.map((item) => [item.source, item]));
  const whole = items.map((item) => ({ ...(known.get(item.source) || item), along: true }));
  whole[place] = { ...now, along: true };
  const first = Math.max(0, Math.min(place - EARLIER, items.length - MOST_ITEMS));
  return { ...queue, items: whole.slice(first, first + MOST_ITEMS), place: place - first };
}

/**
 * Remove items that were added with another episode; the present item stays.
 * @param {Queue} queue
 * @returns {Queue}
 */
export function leaveSeries(queue) {
  const now = present(queue);
  const kept = queue.items.filter((item) => !item.along || item === now);
  if (kept.length === queue.items.length) return queue;
  const before = queue.items.slice(0, queue.place).filter((item) => kept.includes(item));
  const ids = new Set(kept.map(({ id }) => id));
  const unshuffled = queue.unshuffled?.filter((id) => ids.has(id)) ?? null;
  return { ...queue, items: kept, place: before.length, unshuffled };
}
