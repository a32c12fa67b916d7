import { build, fill, flag } from "./dom.js";

/**
 * @template T
 * @typedef {{ value: T, text: string }} Option
 */

/**
 * A few values to choose from, of which one holds.
 * @template T
 */
export class ChoiceRow {
  /**
   * @param {string} name
   * @param {(value: T) => void} choose asks for a value; what is marked is what the player reports
   */
  constructor(name, choose) {
    /** @private */
    this._choose = choose;
    /** @private */
    this._drawn = "";
    /** @private @type {HTMLButtonElement[]} */
    this._buttons = [];
    /** @private */
    this._hint = build("span", { class: "hint" });
    /** @private */
    this._chips = build("div", { class: "chips", role: "group", "aria-label": name });
    this.element = build(
      "div",
      { class: "choice" },
      build("h3", {}, name, " ", this._hint),
      this._chips,
    );
  }

  /**
   * Show what there is to choose, and what holds.
   * @param {Option<T>[]} options
   * @param {T} active
   * @param {boolean} can
   * @param {string} [hint]
   */
  show(options, active, can, hint = "") {
    flag(this.element, "hidden", !can);
    if (this._hint.textContent !== hint) this._hint.textContent = hint;
    const drawn = JSON.stringify(options);
    if (drawn !== this._drawn) {
      this._drawn = drawn;
      this._buttons = options.map(({ value, text }) => {
        const button = build("button", { type: "button", class: "chip" }, text);
        button.addEventListener("click", () => this._choose(value));
        return button;
      });
      fill(this._chips, ...this._buttons);
    }
    this._buttons.forEach((button, index) => {
      button.setAttribute("aria-pressed", String(options[index].value === active));
    });
  }
}
