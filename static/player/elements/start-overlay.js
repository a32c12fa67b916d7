import { PlayerRequest } from "../../events/player-request.js";
import { build, fill, flag } from "../../elements/dom.js";

/** Asks for the one click that the browser wants before it plays sound. */
export class StartOverlay extends HTMLElement {
  constructor() {
    super();
    /** @private */
    this._button = build("button", { type: "button" });
    /** @private */
    this._whole = build("button", { type: "button", class: "whole" });
  }

  /** @param {import("../../elements/view.js").Translate} translate */
  mount(translate) {
    this._button.textContent = translate("start.button");
    this._whole.textContent = translate("player.start_whole");
    this._whole.addEventListener("click", () => {
      this.dispatchEvent(new PlayerRequest("fullscreen", { on: true }));
    });
    flag(this._whole, "hidden", !document.fullscreenEnabled);
    const why = build("p", {}, translate("start.why"));
    fill(this, this._button, this._whole, why);
  }

  /** @param {boolean} needed */
  show(needed) {
    if (needed !== this.hasAttribute("hidden")) return;
    flag(this, "hidden", !needed);
    // A television has no pointer: its OK button presses what has the focus.
    if (needed) this._button.focus({ preventScroll: true });
  }
}
