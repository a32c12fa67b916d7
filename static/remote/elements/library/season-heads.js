import { build } from "../../../elements/dom.js";

/**
 * @typedef {import("../../../library/library.js").Entry} Entry
 * @typedef {import("../../../elements/view-element.js").Translate} Translate
 * @typedef {{ entry: Entry, element: HTMLElement }} Row
 */

/**
 * Return the elements of rows, with the name of each season before its episodes if there are
 * several.
 * @param {readonly Row[]} rows
 * @param {Entry | null} before the entry before them; null at the start of the list
 * @param {Translate} translate
 */
export function withSeasons(rows, before, translate) {
  const many = new Set(rows.map(({ entry }) => seasonOf(entry))).size > 1;
  let last = before || many ? seasonOf(before) : seasonOf(rows[0]?.entry ?? null);
  return rows.flatMap(({ entry, element }) => {
    const season = seasonOf(entry);
    const head = season !== null && season !== last ? [headOf(season, translate)] : [];
    last = season;
    return [...head, element];
  });
}

/** @param {Entry | null} entry */
function seasonOf(entry) {
  return entry?.season ?? null;
}

/**
 * @param {number} season 0 for specials
 * @param {Translate} translate
 */
function headOf(season, translate) {
  const words =
    season === 0 ? translate("library.specials") : translate("library.season", { number: season });
  return build("li", { class: "group" }, build("h3", {}, words));
}
