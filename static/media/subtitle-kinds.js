/** What subtitles are for, as their labels tell it; no I/O. */

/**
 * @typedef {import("../protocol/player-state.js").Track} Track
 * @typedef {"full" | "forced" | "SDH"} Kind `forced`: only of what is foreign in the film; `SDH`:
 *   for those who hear badly
 *
 * @typedef {object} Wish
 * @property {string} language
 * @property {Kind} kind
 */

const FORCED = /\bforced\b|\bforcés?(?![\p{L}])/iu;
const SDH = /\b(?:SDH|CC|SME)\b|\bhard of hearing\b|\bmalentendants\b/i;

/**
 * Return what subtitles with this label are for.
 * @param {string} label
 * @returns {Kind}
 */
export function kindOf(label) {
  if (FORCED.test(label)) return "forced";
  return SDH.test(label) ? "SDH" : "full";
}

/**
 * Return the track to show to somebody who chose `wish` in another film; undefined for none.
 *
 * Subtitles for those who hear badly and others stand in for each other, forced ones for none.
 * @param {readonly Track[]} tracks
 * @param {Wish} wish
 */
export function fitting(tracks, { language, kind }) {
  const same = tracks.filter((track) => track.language === language);
  const exact = same.find(({ label }) => kindOf(label) === kind);
  if (exact || kind === "forced") return exact;
  return same.find(({ label }) => kindOf(label) !== "forced");
}

/**
 * Return the label of a track in the person's language.
 * @param {Track} track
 * @param {import("../i18n/translate.js").Translate} translate
 */
export function labelOf({ id, label, language }, translate) {
  return (label || language || id)
    .replace("(forced)", `(${translate("subtitles.forced")})`)
    .replace("(SDH)", `(${translate("subtitles.sdh")})`);
}
