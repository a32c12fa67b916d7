/** The order of a queue while shuffle is on; no I/O. */

import { present } from "./queue.js";

/**
 * @typedef {import("./queue.js").Queue} Queue
 * @typedef {import("./queue.js").QueueItem} QueueItem
 */

/**
 * Shuffle the items, or restore their order. The present one comes first, so that all others follow.
 * @param {Queue} queue
 * @param {boolean} on
 * @param {() => number} random from 0 to below 1
 * @returns {Queue}
 */
export function setShuffle(queue, on, random) {
  if (on === (queue.unshuffled !== null)) return queue;
  const now = present(queue);
  const unshuffled = on ? queue.items.map(({ id }) => id) : null;
  const items = on ? mixed(queue.items, now, random) : ordered(queue);
  const place = now ? items.indexOf(now) : Math.min(queue.place, items.length);
  return { ...queue, items, place: now || !on ? place : 0, unshuffled };
}

/**
 * @param {readonly QueueItem[]} items
 * @param {QueueItem | null} first
 * @param {() => number} random
 */
function mixed(items, first, random) {
  const rest = items.filter((item) => item !== first);
  for (let last = rest.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [rest[last], rest[other]] = [rest[other], rest[last]];
  }
  return first ? [first, ...rest] : rest;
}

/** @param {Queue} queue */
function ordered({ items, unshuffled }) {
  const ids = unshuffled || [];
  return items.slice().sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id));
}
