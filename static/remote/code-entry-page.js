/** The remote without a link: a field for the player's code. */

import { CodeEntry } from "./elements/code-entry.js";
import { find } from "../elements/index.js";

/**
 * Show it, once.
 * @param {Document} page
 * @param {import("../i18n/translate.js").Translate} translate
 * @param {import("../connection/api.js").Api} api
 */
export function showCodeEntry(page, translate, api) {
  if (page.querySelector(".pairing")) return;
  const section = page.createElement("section");
  section.className = "pairing";
  section.append(new CodeEntry(translate, api).element);
  find(page, "main", HTMLElement).append(section);
}
