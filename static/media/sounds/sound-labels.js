/** The labels of sound tracks; no I/O. */

import { baseOf } from "../delivery/decision.js";

/** What people call a number of channels. @type {Record<number, string>} */
const CHANNELS = { 1: "mono", 2: "stereo", 6: "5.1", 8: "7.1" };

/**
 * Return the label of a track: `Français · DTS 5.1`, `English · Commentary · AAC stereo`.
 * @param {import("../../library/catalogue.js").Part} sound
 * @param {number} index
 */
export function soundLabel({ name, language, title, channels }, index) {
  const spoken = language ? nameOf(language) : "";
  const told = title && title.toLowerCase() !== spoken.toLowerCase() ? title : "";
  const format = [name, channels && (CHANNELS[channels] || `${channels} ch`)];
  const words = [spoken, told].filter(Boolean);
  return [...(words.length ? words : [String(index + 1)]), format.filter(Boolean).join(" ")].join(
    " · ",
  );
}

/**
 * Return the name of a language in that language.
 * @param {string} language
 */
function nameOf(language) {
  const base = baseOf(language);
  // the oldest supported browsers lack this API of 2021
  const { DisplayNames } = /** @type {any} */ (Intl);
  try {
    const name = new DisplayNames([base], { type: "language" }).of(base) || base;
    return name[0].toLocaleUpperCase(base) + name.slice(1);
  } catch {
    return base;
  }
}
