import { build, fill, icon } from "../../elements/dom.js";
import { PlayerRequest } from "../../events/player-request.js";

/** Switches full screen; hidden if the browser does not support it. */
export class FullscreenButton extends HTMLElement {
  /** @param {import("../../elements/view-element.js").Translate} translate */
  mount(translate) {
    const name = translate("control.fullscreen");
    const button = build("button", { type: "button", "aria-label": name, title: name });
    button.append(icon("fullscreen"));
    button.addEventListener("click", () => this.dispatchEvent(new PlayerRequest("fullscreen")));
    this.toggleAttribute("hidden", !document.fullscreenEnabled);
    fill(this, button);
  }
}
