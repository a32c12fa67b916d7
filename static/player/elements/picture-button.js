import { build, fill, icon } from "../../elements/dom.js";
import { PictureToggle } from "../../events/player-controls.js";

/** Puts the picture into a small window of its own (event `PictureToggle`); hidden without. */
export class PictureButton extends HTMLElement {
  /** @param {import("../../elements/view.js").Translate} translate */
  mount(translate) {
    const name = translate("player.picture");
    const button = build("button", { type: "button", "aria-label": name, title: name });
    button.append(icon("picture"));
    button.addEventListener("click", () => this.dispatchEvent(new PictureToggle()));
    this.toggleAttribute("hidden", !document.pictureInPictureEnabled);
    fill(this, button);
  }
}
