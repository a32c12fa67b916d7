import { build, fill, flag } from "../../../elements/dom.js";

/**
 * @typedef {import("../../../library/library.js").Entry} Entry
 * @typedef {import("./library-row.js").MediumRow} MediumRow
 */

/** The media to continue with, above the library. */
export class ContinueList {
  #row;
  #drawn = "";
  #list = build("ul", { class: "rows" });
  /** @type {MediumRow[]} */
  rows = [];

  /**
   * @param {string} title
   * @param {(entry: Entry) => MediumRow} row
   */
  constructor(title, row) {
    this.#row = row;
    this.element = build("section", { class: "continue", hidden: "" });
    this.element.append(build("h3", {}, title), this.#list);
  }

  /** @param {readonly Entry[]} entries */
  fill(entries) {
    flag(this.element, "hidden", entries.length === 0);
    const drawn = JSON.stringify(entries);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.rows = entries.map(this.#row);
    fill(this.#list, ...this.rows.map(({ element }) => element));
  }
}
