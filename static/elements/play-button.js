import { build, fill, icon } from "./dom.js";
import { ViewElement } from "./view-element.js";

/** Plays and pauses; its label is the action of the next press. */
export class PlayButton extends ViewElement {
  #playing = false;
  #button = build("button", { type: "button", class: "play" });

  /** @override @param {import("./view-element.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    this.#button.addEventListener("click", () => {
      void this._request(this.#playing ? "pause" : "play");
    });
    fill(this, this.#button);
    this.#draw();
  }

  /** @override @param {import("./view-element.js").View} view */
  show({ state }) {
    const playing = state !== null && state.playing;
    this.#button.disabled = state !== null && !state.can.includes("play");
    if (playing === this.#playing) return;
    this.#playing = playing;
    this.#draw();
  }

  #draw() {
    const name = this.#playing ? this._translate("control.pause") : this._translate("control.play");
    this.#button.setAttribute("aria-label", name);
    this.#button.title = name;
    fill(this.#button, icon(this.#playing ? "pause" : "play"));
  }
}
