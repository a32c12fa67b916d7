import { build, fill, flag } from "../dom.js";

/**
 * @template T
 * @typedef {{ value: T, text: string }} Option
 */

/**
 * A few values to choose from, of which one is current.
 * @template T
 */
export class ChoiceRow {
  #choose;
  #drawn = "";
  /** @type {HTMLButtonElement[]} */
  #buttons = [];
  #hint = build("span", { class: "hint" });
  #chips;

  /**
   * @param {string} name
   * @param {(value: T) => void} choose requests a value; the marked one is what the player reports
   */
  constructor(name, choose) {
    this.#choose = choose;
    this.#chips = build("div", { class: "chips", role: "group", "aria-label": name });
    this.element = build(
      "div",
      { class: "choice" },
      build("h3", {}, name, " ", this.#hint),
      this.#chips,
    );
  }

  /**
   * Show the values and the current one.
   * @param {Option<T>[]} options
   * @param {T} active
   * @param {boolean} can
   * @param {string} [hint]
   */
  show(options, active, can, hint = "") {
    flag(this.element, "hidden", !can);
    if (this.#hint.textContent !== hint) this.#hint.textContent = hint;
    const drawn = JSON.stringify(options);
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      this.#buttons = options.map(({ value, text }) => {
        const button = build("button", { type: "button", class: "chip" }, text);
        button.addEventListener("click", () => this.#choose(value));
        return button;
      });
      fill(this.#chips, ...this.#buttons);
    }
    this.#buttons.forEach((button, index) => {
      button.setAttribute("aria-pressed", String(options[index].value === active));
    });
  }
}
