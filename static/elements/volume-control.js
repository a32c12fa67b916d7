import { VOLUME } from "../protocol/ranges.js";
import { INTERVAL, Throttle } from "../events/throttle.js";
import { build, fill, icon } from "./dom.js";
import { ViewElement } from "./view.js";

/** The volume as a slider, with the button that mutes. */
export class VolumeControl extends ViewElement {
  constructor() {
    super();
    /** @private @type {import("./view.js").View | null} */
    this._view = null;
    /** @private */
    this._held = false;
    /** @private @type {Throttle<number>} */
    this._throttle = new Throttle(INTERVAL, (level) => void this._send(level));
    /** @private */
    this._mute = build("button", { type: "button", class: "mute" }, icon("sound"));
    /** @private */
    this._slider = build("input", {
      type: "range",
      min: String(VOLUME.least),
      max: String(VOLUME.most),
      step: "1",
      value: "0",
    });
    /** @private */
    this._value = build("output", { class: "value", "aria-hidden": "true" });
  }

  /** @override @param {import("./view.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    this._slider.setAttribute("aria-label", translate("control.volume"));
    fill(this, this._mute, this._slider, this._value);
    this._name(false);
    this._mute.addEventListener("click", () => {
      const muted = this._view !== null && this._view.state !== null && this._view.state.muted;
      void this._request("mute", { on: !muted });
    });
    this._slider.addEventListener("pointerdown", () => this._hold());
    this._slider.addEventListener("input", () => {
      this._draw(this._slider.valueAsNumber);
      this._throttle.push(this._slider.valueAsNumber);
    });
    for (const end of ["change", "pointerup", "pointercancel", "blur"]) {
      this._slider.addEventListener(end, () => this._release());
    }
  }

  /** @override @param {import("./view.js").View} view */
  show(view) {
    this._view = view;
    const { state } = view;
    if (!state) return;
    const can = state.can.includes("volume");
    this._slider.disabled = !can;
    this._mute.disabled = !state.can.includes("mute");
    this._name(state.muted);
    // A slider under the finger, or whose last value is on its way, would jump back.
    if (this._held || this._requests > 0 || this._throttle.waiting) return;
    this._slider.value = String(state.volume);
    if (this._value.textContent !== `${state.volume}`) this._draw(state.volume);
  }

  /** @private */
  _hold() {
    this._held = true;
  }

  /** @private */
  _release() {
    this._held = false;
    this._throttle.flush();
    if (this._view) this.show(this._view);
  }

  /**
   * @private
   * @param {number} level
   */
  async _send(level) {
    await this._request("volume", { level });
    if (this._view) this.show(this._view);
  }

  /**
   * @private
   * @param {number} level
   */
  _draw(level) {
    this._slider.style.setProperty("--part", `${level}%`);
    this._slider.setAttribute("aria-valuetext", this._translate("control.percent", { level }));
    this._value.textContent = `${level}`;
  }

  /**
   * @private
   * @param {boolean} muted
   */
  _name(muted) {
    const name = muted ? this._translate("control.unmute") : this._translate("control.mute");
    if (this._mute.getAttribute("aria-label") === name) return;
    this._mute.setAttribute("aria-label", name);
    this._mute.title = name;
    fill(this._mute, icon(muted ? "silence" : "sound"));
    this.toggleAttribute("muted", muted);
  }
}
