import { build, fill, icon } from "../../elements/dom.js";
import { SettingsToggle } from "../../events/player-controls.js";

/** Opens the player's settings (event `SettingsToggle`). */
export class PanelButton extends HTMLElement {
  /** @param {import("../../elements/view-element.js").Translate} translate */
  mount(translate) {
    const name = translate("player.settings");
    const button = build("button", { type: "button", "aria-label": name, title: name });
    button.append(icon("more"));
    button.addEventListener("click", () => this.dispatchEvent(new SettingsToggle()));
    fill(this, button);
  }

  /** @override */
  focus() {
    const button = this.querySelector("button");
    button?.focus();
  }
}
