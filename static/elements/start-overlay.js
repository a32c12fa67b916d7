import { build, fill, flag } from "./dom.js";

/** Asks for the one click that the browser wants before it plays sound. */
export class StartOverlay extends HTMLElement {
  constructor() {
    super();
    /** @private */
    this._button = build("button", { type: "button" });
  }

  /** @param {import("./view.js").Translate} translate */
  mount(translate) {
    this._button.textContent = translate("start.button");
    fill(this, this._button, build("p", {}, translate("start.why")));
  }

  /** @param {boolean} needed */
  show(needed) {
    if (needed !== this.hasAttribute("hidden")) return;
    flag(this, "hidden", !needed);
    // A television has no pointer: its OK button presses what has the focus.
    if (needed) this._button.focus({ preventScroll: true });
  }
}
