import { build, fill, icon } from "../../elements/dom.js";
import { PictureToggle } from "../../events/player-controls.js";

/** Switches picture in picture (event `PictureToggle`); hidden if the browser does not support it. */
export class PictureButton extends HTMLElement {
  /** @param {import("../../elements/view-element.js").Translate} translate */
  mount(translate) {
    const name = translate("player.picture");
    const button = build("button", { type: "button", "aria-label": name, title: name });
    button.append(icon("picture"));
    button.addEventListener("click", () => this.dispatchEvent(new PictureToggle()));
    this.toggleAttribute("hidden", !document.pictureInPictureEnabled);
    fill(this, button);
  }
}
