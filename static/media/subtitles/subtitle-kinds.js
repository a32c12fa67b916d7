/** The kinds of subtitles, recognised by their labels; no I/O. */

/**
 * @typedef {import("../../protocol/player-state.js").Track} Track
 * @typedef {"full" | "forced" | "SDH"} Kind `forced`: only foreign dialogue; `SDH`: for the
 *   hard of hearing
 *
 * @typedef {object} Wish
 * @property {string} language
 * @property {Kind} kind
 */

/** `\b` takes `é` for no letter, and Firefox 75 knows no classes of Unicode. */
const FORCED = /\bforced\b|\bforcés?(?![a-zà-ÿ])/i;
const SDH = /\b(?:SDH|CC|SME)\b|\bhard of hearing\b|\bmalentendants\b/i;

/**
 * Return the kind of the subtitles with this label.
 * @param {string} label
 * @returns {Kind}
 */
export function kindOf(label) {
  if (FORCED.test(label)) return "forced";
  return SDH.test(label) ? "SDH" : "full";
}

/**
 * Return the track that matches `wish`, chosen in an earlier film; undefined for none.
 *
 * Full and SDH subtitles replace each other; forced ones replace none.
 * @param {readonly Track[]} tracks
 * @param {Wish} wish
 */
export function fitting(tracks, { language, kind }) {
  const same = tracks.filter((track) => track.language === language);
  const exact = same.find(({ label }) => kindOf(label) === kind);
  if (exact || kind === "forced") return exact;
  return same.find(({ label }) => kindOf(label) !== "forced");
}
