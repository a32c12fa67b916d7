import { PlayerRequest } from "../../events/player-request.js";
import { build, fill, flag } from "../../elements/dom.js";

/** Asks for the click that the browser requires before it plays sound. */
export class StartOverlay extends HTMLElement {
  #button = build("button", { type: "button" });
  #whole = build("button", { type: "button", class: "whole" });

  /** @param {import("../../elements/view-element.js").Translate} translate */
  mount(translate) {
    this.#button.textContent = translate("start.button");
    this.#whole.textContent = translate("player.start_whole");
    this.#whole.addEventListener("click", () => {
      this.dispatchEvent(new PlayerRequest("fullscreen", { on: true }));
    });
    flag(this.#whole, "hidden", !document.fullscreenEnabled);
    const why = build("p", {}, translate("start.why"));
    fill(this, this.#button, this.#whole, why);
  }

  /** @param {boolean} needed */
  show(needed) {
    if (needed !== this.hasAttribute("hidden")) return;
    flag(this, "hidden", !needed);
    // the OK button of a television presses the focused element
    if (needed) this.#button.focus({ preventScroll: true });
  }
}
