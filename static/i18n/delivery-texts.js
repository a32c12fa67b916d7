/** The texts for how a medium is delivered, and why; no I/O. */

/**
 * @typedef {import("../protocol/player-state.js").StreamState} StreamState
 * @typedef {import("../media/delivery/decision.js").Reason} Reason
 * @typedef {"title" | "auto" | StreamState["kind"]} Choice
 *
 * @typedef {object} Texts
 * @property {Record<Choice, string>} choices
 * @property {Record<Reason, string>} reasons
 */

/** @type {Record<string, Texts>} */
export const DELIVERY_TEXTS = {
  en: {
    choices: {
      title: "How it is played",
      auto: "Automatic",
      direct: "Original file",
      remux: "Other container",
      transcode: "Converted",
    },
    reasons: {
      plays: "The original file",
      container: "Other container: the player does not open this kind of file",
      sound: "The sound is converted{codec}",
      track: "Other container, for the chosen sound track",
      picture: "The picture is converted{codec}",
      link: "Converted: the connection is too slow for the original",
      heavy: "Converted: the player is too slow for the original",
      failed: "Converted: the player could not play the original",
      forced: "As you asked",
      silent: "No sound: the player cannot decode it{codec}, and the server does not convert",
      subtitles: "The picture is converted, with the subtitles in it",
    },
  },
  fr: {
    choices: {
      title: "Mode de lecture",
      auto: "Automatique",
      direct: "Fichier d’origine",
      remux: "Autre conteneur",
      transcode: "Converti",
    },
    reasons: {
      plays: "Le fichier d’origine",
      container: "Autre conteneur\u202f: le lecteur n’ouvre pas ce type de fichier",
      sound: "Le son est converti{codec}",
      track: "Autre conteneur, pour la piste audio choisie",
      picture: "L’image est convertie{codec}",
      link: "Converti\u202f: la connexion est trop lente pour l’original",
      heavy: "Converti\u202f: le lecteur est trop lent pour l’original",
      failed: "Converti\u202f: le lecteur n’a pas pu lire l’original",
      forced: "À votre demande",
      silent:
        "Pas de son\u202f: le lecteur ne sait pas le décoder{codec}, et le serveur ne convertit pas",
      subtitles: "L’image est convertie, avec les sous-titres",
    },
  },
};

/**
 * Return a line on how a medium is delivered; empty for an unknown reason.
 * @param {StreamState} stream
 * @param {string} language
 */
export function describeDelivery({ reason, codec, speed }, language) {
  const { reasons } = DELIVERY_TEXTS[language] || DELIVERY_TEXTS.en;
  const text = /** @type {Record<string, string | undefined>} */ (reasons)[reason];
  if (!text) return "";
  const told = text.replace("{codec}", codec ? ` (${codec})` : "");
  const space = language === "fr" ? "\u202f" : " ";
  return speed === null ? told : `${told} · ${speed.toLocaleString(language)}${space}×`;
}
