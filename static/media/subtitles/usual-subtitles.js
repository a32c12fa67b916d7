/** The subtitles that are shown by default; no I/O. */

import { baseOf } from "../delivery/decision.js";
import { kindOf } from "./subtitle-kinds.js";

/** @typedef {import("../../protocol/player-state.js").Track} Track */

/**
 * Return the track to show if the user never chose one; undefined for none.
 *
 * If the user understands the sound, these are the forced subtitles of its language, otherwise the
 * subtitles in a language that the user understands.
 * @param {readonly Track[]} tracks
 * @param {readonly string[]} languages of the user, as BCP 47 tags, by preference
 * @param {string | null} sound the language of the sound; null if unknown
 */
export function usual(tracks, languages, sound) {
  if (sound === null) return undefined;
  const [heard, known] = [baseOf(sound), languages.map(baseOf)];
  const named = tracks.map((track) => ({ track, language: baseOf(track.language || "") }));
  const spoken = (/** @type {string} */ wanted) =>
    named.filter(({ language }) => language === wanted).map(({ track }) => track);
  const forced = (/** @type {string} */ wanted) =>
    spoken(wanted).find(({ label }) => kindOf(label) === "forced");
  if (known.includes(heard)) return forced(heard);
  for (const wanted of known) {
    const full = spoken(wanted).filter(({ label }) => kindOf(label) !== "forced");
    const found = full.find(({ label }) => kindOf(label) === "full") || full[0] || forced(wanted);
    if (found) return found;
  }
  return undefined;
}
