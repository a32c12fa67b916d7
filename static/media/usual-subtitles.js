/** The subtitles of a film that help to understand it; no I/O. */

import { baseOf } from "./delivery.js";
import { kindOf } from "./subtitle-kinds.js";

/** @typedef {import("../protocol/player-state.js").Track} Track */

/**
 * Return the track to show to somebody who never chose any; undefined for none.
 *
 * Who understands the sound gets the forced subtitles of its language. Who does not gets those of a
 * language that they know.
 * @param {readonly Track[]} tracks
 * @param {readonly string[]} languages that they know, as BCP 47 tags, the dearest first
 * @param {string | null} sound the language that is heard; null if that is not known
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
