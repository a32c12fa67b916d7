import { build, fill, flag } from "./dom.js";

/**
 * @typedef {object} Notice
 * @property {"good" | "busy" | "bad" | "act"} kind
 * @property {string} text
 * @property {string} [detail]
 * @property {{ label: string, act: () => void }} [action]
 */

/** Shows the state of the connection; screen readers announce changes. */
export class ConnectionBanner extends HTMLElement {
  #shown = "";

  /** Make screen readers announce the element. */
  mount() {
    this.setAttribute("role", "status");
    this.setAttribute("aria-live", "polite");
  }

  /** @param {Notice} notice */
  tell({ kind, text, detail = "", action }) {
    const shown = [kind, text, detail, action?.label ?? ""].join("\n");
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.setAttribute("kind", kind);
    const words = build("div", { class: "words" }, build("p", { class: "text" }, text));
    if (detail) words.append(build("p", { class: "detail" }, detail));
    fill(this, build("span", { class: "dot", "aria-hidden": "true" }), words);
    if (action) {
      const button = build("button", { type: "button" }, action.label);
      button.addEventListener("click", action.act);
      this.append(button);
    }
    flag(this, "hidden", false);
  }
}
