/** The chapters of the loaded medium in the state; no I/O. */

import { beginning } from "./messages.js";

/** The most chapters in the state, and the most characters of a title, to keep it small. */
export const MOST_CHAPTERS = 100;
export const LONGEST_TITLE = 100;
/** Seconds by which a player may be before the start of a chapter that it seeked to. */
const NEAR = 0.05;
/** Seconds after a chapter's start in which "previous" goes to the one before. */
const BEGUN = 3;

/**
 * @typedef {object} Chapter
 * @property {string} title empty if it has none
 * @property {number} start seconds
 */

/**
 * Return the chapters for the state, shortened if necessary.
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
 * Return the index of the chapter at a position; -1 before the first.
 * @param {readonly Chapter[]} chapters
 * @param {number} position seconds
 */
export function indexAt(chapters, position) {
  const later = chapters.findIndex(({ start }) => start > position + NEAR);
  return later < 0 ? chapters.length - 1 : later - 1;
}

/**
 * Return the positions of "previous" and "next"; null if there is none.
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
 * Return the name of the chapter at a position; empty if there is none.
 * @param {readonly Chapter[]} chapters
 * @param {number} position seconds
 * @param {import("../i18n/translate.js").Translate} translate
 */
export function nameAt(chapters, position, translate) {
  const index = indexAt(chapters, position);
  return index < 0 ? "" : nameOf(chapters, index, translate);
}

/**
 * Return the name of a chapter: its title, otherwise a text with its number.
 * @param {readonly Chapter[]} chapters
 * @param {number} index
 * @param {import("../i18n/translate.js").Translate} translate
 */
export function nameOf(chapters, index, translate) {
  return chapters[index].title || translate("chapter.number", { number: index + 1 });
}
