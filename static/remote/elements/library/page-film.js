import { describeError } from "../../../i18n/error-texts.js";
import { ApiError } from "../../../protocol/errors.js";

/**
 * The texts for a page in which the server finds nothing; guests may not ask it.
 * @type {Record<string, import("../../../i18n/translate.js").Key | "" | undefined>}
 */
const FOUND_NOTHING = {
  not_implemented: "library.no_links",
  media_error: "library.no_film",
  invalid_request: "library.private",
  not_for_guests: "",
};

/**
 * Return the text for why the server finds no film in a page.
 *
 * @param {unknown} error
 * @param {import("../../../elements/view-element.js").Translate} translate
 */
export function whyNoFilm(error, translate) {
  const key = FOUND_NOTHING[error instanceof ApiError ? error.code : ""];
  if (key === undefined) return describeError(error, translate).text;
  return key && translate(key);
}
