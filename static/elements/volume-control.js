import { VOLUME } from "../protocol/ranges.js";
import { INTERVAL, Throttle } from "../events/throttle.js";
import { build, fill, icon } from "./dom.js";
import { ViewElement } from "./view-element.js";

/** The volume as a slider, with the button that mutes. */
export class VolumeControl extends ViewElement {
  /** @type {import("./view-element.js").View | null} */
  #view = null;
  #held = false;
  /** @type {Throttle<number>} */
  #throttle;
  #mute = build("button", { type: "button", class: "mute" }, icon("sound"));
  #slider = build("input", {
    type: "range",
    min: String(VOLUME.least),
    max: String(VOLUME.most),
    step: "1",
    value: "0",
  });
  #value = build("output", { class: "value", "aria-hidden": "true" });

  constructor() {
    super();
    this.#throttle = new Throttle(INTERVAL, (level) => void this.#send(level));
  }

  /** @override @param {import("./view-element.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    this.#slider.setAttribute("aria-label", translate("control.volume"));
    fill(this, this.#mute, this.#slider, this.#value);
    this.#name(false);
    this.#mute.addEventListener("click", () => {
      const muted = this.#view !== null && this.#view.state !== null && this.#view.state.muted;
      void this._request("mute", { on: !muted });
    });
    this.#slider.addEventListener("pointerdown", () => this.#hold());
    this.#slider.addEventListener("input", () => {
      this.#draw(this.#slider.valueAsNumber);
      this.#throttle.push(this.#slider.valueAsNumber);
    });
    for (const end of ["change", "pointerup", "pointercancel", "blur"]) {
      this.#slider.addEventListener(end, () => this.#release());
    }
  }

  /** @override @param {import("./view-element.js").View} view */
  show(view) {
    this.#view = view;
    const { state } = view;
    if (!state) return;
    const can = state.can.includes("volume");
    this.#slider.disabled = !can;
    this.#mute.disabled = !state.can.includes("mute");
    this.#name(state.muted);
    // a slider that is dragged, or whose last value is pending, would jump back
    if (this.#held || this._requests > 0 || this.#throttle.waiting) return;
    this.#slider.value = String(state.volume);
    if (this.#value.textContent !== `${state.volume}`) this.#draw(state.volume);
  }

  #hold() {
    this.#held = true;
  }

  #release() {
    this.#held = false;
    this.#throttle.flush();
    if (this.#view) this.show(this.#view);
  }

  /** @param {number} level */
  async #send(level) {
    await this._request("volume", { level });
    if (this.#view) this.show(this.#view);
  }

  /** @param {number} level */
  #draw(level) {
    this.#slider.style.setProperty("--part", `${level}%`);
    this.#slider.setAttribute("aria-valuetext", this._translate("control.percent", { level }));
    this.#value.textContent = `${level}`;
  }

  /** @param {boolean} muted */
  #name(muted) {
    const name = muted ? this._translate("control.unmute") : this._translate("control.mute");
    if (this.#mute.getAttribute("aria-label") === name) return;
    this.#mute.setAttribute("aria-label", name);
    this.#mute.title = name;
    fill(this.#mute, icon(muted ? "silence" : "sound"));
    this.toggleAttribute("muted", muted);
  }
}
