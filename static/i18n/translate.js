/** The pages' texts in the user's language. */

import { en } from "./en.js";
import { fr } from "./fr.js";

/**
 * @typedef {keyof typeof en} Key
 * @typedef {(key: Key, values?: Record<string, string | number>) => string} Translate
 */

/** @type {Record<string, Record<Key, string>>} */
const LANGUAGES = { en, fr };

/**
 * Return the first of `wanted` that is supported, otherwise English.
 * @param {readonly string[]} wanted BCP 47 tags, by preference
 */
export function chooseLanguage(wanted) {
  const known = wanted.map((tag) => tag.toLowerCase().split("-")[0]);
  return known.find((language) => Object.keys(LANGUAGES).includes(language)) || "en";
}

/**
 * Return a function that returns the text of a key in `language`, with `{name}` replaced.
 * @param {string} language one that `chooseLanguage` returned
 * @returns {Translate}
 */
export function translator(language) {
  const texts = LANGUAGES[language];
  return (key, values = {}) =>
    texts[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? `${values[name]}` : whole));
}

/**
 * Translate a template: the text of each element with `data-text`, the accessible name of each with
 * `data-label`.
 * @param {Document} page
 * @param {string} language
 * @param {Translate} translate
 */
export function translatePage(page, language, translate) {
  page.documentElement.lang = language;
  for (const element of Array.from(page.querySelectorAll("[data-text]"))) {
    element.textContent = translate(/** @type {Key} */ (element.getAttribute("data-text")));
  }
  for (const element of Array.from(page.querySelectorAll("[data-label]"))) {
    const label = translate(/** @type {Key} */ (element.getAttribute("data-label")));
    element.setAttribute("aria-label", label);
  }
}
