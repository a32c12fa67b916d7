import { build, fill } from "../../../elements/dom.js";
import { withSeasons } from "./season-heads.js";

/**
 * @typedef {import("../../../library/library.js").Entry} Entry
 * @typedef {import("./library-row.js").FolderRow | import("./library-row.js").MediumRow} Row
 */

/** The rows of the library; unchanged ones keep their elements. */
export class EntryList {
  #translate;
  #row;
  element = build("ul", { class: "rows" });
  /** @type {Row[]} */
  rows = [];

  /**
   * @param {import("../../../elements/view-element.js").Translate} translate
   * @param {(entry: Entry) => Row} row
   */
  constructor(translate, row) {
    this.#translate = translate;
    this.#row = row;
  }

  /**
   * Show entries from `offset` on, after those before it.
   *
   * @param {Entry[]} entries
   * @param {number} offset 0 replaces all
   * @param {boolean} grouped with the headings of seasons
   */
  fill(entries, offset, grouped) {
    const kept = offset === 0 ? this.rows : [];
    const before = new Map(kept.map((row) => [row.entry.path, row]));
    const rows = entries.map((entry) => this.#renewed(before.get(entry.path), entry));
    if (offset === 0) fill(this.element);
    const last = offset === 0 ? null : (this.rows[this.rows.length - 1]?.entry ?? null);
    this.rows = offset === 0 ? rows : [...this.rows, ...rows];
    this.element.append(
      ...(grouped ? withSeasons(rows, last, this.#translate) : rows.map(({ element }) => element)),
    );
  }

  /** @param {Entry} entry an address on the web, the only one */
  offer(entry) {
    const row = this.#row(entry);
    row.element.classList.add("address");
    this.rows = [row];
    fill(this.element, row.element);
  }

  /**
   * Return the row of an entry: the earlier one if nothing has changed, else a new one with its
   * picture.
   *
   * @param {Row | undefined} before
   * @param {Entry} entry
   */
  #renewed(before, entry) {
    if (before && JSON.stringify(before.entry) === JSON.stringify(entry)) return before;
    const row = this.#row(entry);
    if (before?.entry.thumbnail === entry.thumbnail) row.adopt(before);
    return row;
  }

  /**
   * Run `act`, and keep the focus in the list if the focused control has been replaced.
   * @param {() => void} act
   */
  keepFocus(act) {
    const focused = this.#focused();
    act();
    if (focused && this.#focused() !== focused) this.#focus(focused);
  }

  /** Return the name of the focused control in the list. */
  #focused() {
    const { activeElement } = document;
    const inside = activeElement && this.element.contains(activeElement);
    return inside ? activeElement.getAttribute("aria-label") : null;
  }

  /** @param {string} name */
  #focus(name) {
    const controls = Array.from(this.element.querySelectorAll("button"));
    const named = controls.find((button) => button.getAttribute("aria-label") === name);
    // the rows of another folder have other names
    (named ?? controls[0])?.focus({ preventScroll: true });
  }
}
