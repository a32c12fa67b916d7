/** The chapters of what is loaded, as the state tells them; no I/O. */

import { beginning } from "./messages.js";

/** The most chapters that the state tells, and the most characters of a title: it stays small. */
export const MOST_CHAPTERS = 100;
export const LONGEST_TITLE = 100;
/** Seconds by which a player that went to a chapter may be before it. */
const NEAR = 0.05;
/** Seconds after its beginning in which "previous" leaves a chapter, and does not repeat it. */
const BEGUN = 3;

/**
 * @typedef {object} Chapter
 * @property {string} title empty if it has none
 * @property {number} start seconds
 */

/**
 * Return as much of the chapters as the state tells.
 * @param {readonly Chapter[]} [chapters] by their starts
 * @returns {Chapter[]}
 */
export function bounded(chapters = []) {
  return chapters.slice(0, MOST_CHAPTERS).map(({ title, start }) => ({
    title: beginning(title, LONGEST_TITLE).trim(),
    start,
  }));
}

/**
 * Return which chapter this place is in; -1 before the first.
 * @param {readonly Chapter[]} chapters
 * @param {number} position seconds
 */
export function indexAt(chapters, position) {
  const later = chapters.findIndex(({ start }) => start > position + NEAR);
  return later < 0 ? chapters.length - 1 : later - 1;
}

/**
 * Return where "previous" and "next" go from here; null if there is nothing.
 * @param {readonly Chapter[]} chapters
 * @param {number} position seconds
 */
export function neighbours(chapters, position) {
  const index = indexAt(chapters, position);
  const previous = Math.max(0, indexAt(chapters, position - BEGUN));
  return {
    previous: index < 0 ? null : chapters[previous].start,
    next: chapters[index + 1]?.start ?? null,
  };
}

/**
 * Return the name of the chapter that a place is in; empty if it is in none.
 * @param {readonly Chapter[]} chapters
 * @param {number} position seconds
 * @param {import("../i18n/translate.js").Translate} translate
 */
export function nameAt(chapters, position, translate) {
  const index = indexAt(chapters, position);
  return index < 0 ? "" : nameOf(chapters, index, translate);
}

/**
 * Return the name of a chapter: its title, else its number in words.
 * @param {readonly Chapter[]} chapters
 * @param {number} index
 * @param {import("../i18n/translate.js").Translate} translate
 */
export function nameOf(chapters, index, translate) {
  return chapters[index].title || translate("chapter.number", { number: index + 1 });
}
