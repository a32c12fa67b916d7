import { build, fill, icon } from "./dom.js";
import { ViewElement } from "./view.js";

/** Plays and pauses; it shows what the player does, which a press is to end. */
export class PlayButton extends ViewElement {
  constructor() {
    super();
    /** @private */
    this._playing = false;
    /** @private */
    this._button = build("button", { type: "button", class: "play" });
  }

  /** @override @param {import("./view.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    this._button.addEventListener("click", () => {
      void this._request(this._playing ? "pause" : "play");
    });
    fill(this, this._button);
    this._draw();
  }

  /** @override @param {import("./view.js").View} view */
  show({ state }) {
    const playing = state !== null && state.playing;
    this._button.disabled = state !== null && !state.can.includes("play");
    if (playing === this._playing) return;
    this._playing = playing;
    this._draw();
  }

  /** @private */
  _draw() {
    const name = this._playing ? this._translate("control.pause") : this._translate("control.play");
    this._button.setAttribute("aria-label", name);
    this._button.title = name;
    fill(this._button, icon(this._playing ? "pause" : "play"));
  }
}
