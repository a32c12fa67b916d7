import { build, fill, flag } from "../../elements/dom.js";

/** Shows that another tab is the player, and offers to go on here with what it did. */
export class TakeoverNotice extends HTMLElement {
  /** @type {HTMLElement[]} */
  #parts = [];

  /** @param {import("../../elements/view-element.js").Translate} translate */
  mount(translate) {
    this.setAttribute("role", "alert");
    const button = build("button", { type: "button" }, translate("takeover.button"));
    button.addEventListener("click", () => location.reload());
    const title = build("h2", {}, translate("takeover.title"));
    this.#parts = [title, build("p", {}, translate("takeover.text")), button];
  }

  /** @param {boolean} taken */
  show(taken) {
    if (taken !== this.hasAttribute("hidden")) return;
    flag(this, "hidden", !taken);
    if (taken) fill(this, ...this.#parts);
    else fill(this);
  }
}
