/** What a person can choose from, as a player names it, in words; no I/O. */

import { formatFactor } from "../../i18n/format.js";
import { RATES, SUBTITLE_SIZES } from "../../protocol/ranges.js";

/**
 * @typedef {import("../../i18n/translate.js").Translate} Translate
 * @typedef {import("../../protocol/player-state.js").Track} Track
 */

/**
 * Return sound tracks or subtitles; the kinds in their labels are in the user's language.
 * @param {readonly Track[]} tracks
 * @param {Translate} translate
 */
export function trackOptions(tracks, translate) {
  return tracks.map(({ id, label, language }) => ({
    value: id,
    text: (label || language || id)
      .replace("(forced)", `(${translate("subtitles.forced")})`)
      .replace("(SDH)", `(${translate("subtitles.sdh")})`),
  }));
}

/**
 * Return the sizes of subtitles.
 * @param {Translate} translate
 */
export function sizeOptions(translate) {
  return SUBTITLE_SIZES.map((value) => ({
    value,
    text: translate("control.percent", { level: value }),
  }));
}

/** Return the speeds of playback. */
export function rateOptions() {
  const { lang } = document.documentElement;
  return RATES.map((value) => ({ value, text: formatFactor(value, lang) }));
}
