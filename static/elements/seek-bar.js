import { formatTime } from "../i18n/format.js";
import { build, fill, flag } from "./dom.js";
import { ViewElement } from "./view.js";

/** The least milliseconds between two drawings while the medium plays. */
const INTERVAL = 250;
/** Milliseconds after a second has begun, since a timer may come a little early. */
const MARGIN = 20;
/** Seconds that an arrow key goes. */
const STEP = 10;
/** Width of the slider's knob in pixels, by which the middle of it falls short of the ends. */
const THUMB = 24;

/** Where the medium is, and a slider to go elsewhere: when it is let go. */
export class SeekBar extends ViewElement {
  constructor() {
    super();
    /** @private @type {import("./view.js").View | null} */
    this._view = null;
    /** @private */
    this._held = false;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    /** @private */
    this._slider = build("input", {
      type: "range",
      min: "0",
      max: "0",
      step: "0.1",
      value: "0",
      disabled: "",
    });
    /** @private */
    this._elapsed = build("span", { class: "elapsed" });
    /** @private */
    this._duration = build("span", { class: "duration" });
    /** @private */
    this._preview = build("span", { class: "preview", "aria-hidden": "true", hidden: "" });
  }

  /** @override @param {import("./view.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    this._slider.setAttribute("aria-label", translate("control.position"));
    const times = build("div", { class: "times", "aria-hidden": "true" });
    times.append(this._elapsed, this._duration);
    fill(this, this._slider, times, this._preview);
    this._draw(0, null);
    this._slider.addEventListener("pointerdown", () => {
      this._held = true;
    });
    for (const end of ["pointerup", "pointercancel", "blur"]) {
      this._slider.addEventListener(end, () => {
        this._held = false;
        flag(this._preview, "hidden", true);
      });
    }
    this._slider.addEventListener("pointermove", (event) => this._point(event));
    this._slider.addEventListener("pointerleave", () => {
      if (!this._held) flag(this._preview, "hidden", true);
    });
    this._slider.addEventListener("input", () => {
      this._held = true;
      if (this._length) this._foresee(this._slider.valueAsNumber / this._length);
      this._draw(this._slider.valueAsNumber, this._length);
    });
    this._slider.addEventListener("change", () => void this._go(this._slider.valueAsNumber));
    this._slider.addEventListener("keydown", (event) => this._pressed(event));
  }

  /** @override @param {import("./view.js").View} view */
  show(view) {
    this._view = view;
    const { state, live } = view;
    flag(this._slider, "disabled", !state || !state.can.includes("seek"));
    const max = String(this._length || 0);
    if (this._slider.max !== max) this._slider.max = max;
    clearTimeout(this._timer);
    this._refresh();
    if (live && state && state.playing && !state.buffering) this._await(state.rate);
  }

  disconnectedCallback() {
    clearTimeout(this._timer);
  }

  /**
   * Draw again whenever another second is to be shown: more often would only cost the phone.
   * @private
   * @param {number} rate
   */
  _await(rate) {
    const position = this._view ? this._view.position() : 0;
    const left = (1000 * (1 - (position % 1))) / rate + MARGIN;
    this._timer = setTimeout(
      () => {
        this._refresh();
        this._await(rate);
      },
      Math.max(INTERVAL, left),
    );
  }

  /** @private */
  get _length() {
    return this._view && this._view.state ? this._view.state.duration : null;
  }

  /**
   * @private
   * @param {number | null} duration
   */
  _total(duration) {
    if (duration !== null) return formatTime(duration);
    const playing = this._view && this._view.state && this._view.state.playing;
    return playing ? this._translate("control.no_duration") : "";
  }

  /** @private */
  _refresh() {
    if (!this._view || this._held || this._requests > 0) return;
    const position = this._view.position();
    this._slider.value = String(position);
    this._draw(position, this._length);
  }

  /**
   * @private
   * @param {number} position
   */
  async _go(position) {
    this._held = false;
    await this._request("seek", { position });
    this._refresh();
  }

  /**
   * Show where a click would go; a finger that drags is shown the slider's own value.
   * @private
   * @param {PointerEvent} event
   */
  _point({ pointerType, clientX }) {
    if (this._held || pointerType !== "mouse" || this._slider.disabled) return;
    const { left, width } = this._slider.getBoundingClientRect();
    this._foresee((clientX - left - THUMB / 2) / (width - THUMB));
  }

  /**
   * @private
   * @param {number} part of the medium, 0 to 1
   */
  _foresee(part) {
    if (!this._length) return;
    const inside = Math.min(1, Math.max(0, part));
    this._preview.textContent = formatTime(inside * this._length);
    this._preview.style.setProperty("--at", String(inside));
    flag(this._preview, "hidden", false);
  }

  /**
   * @private
   * @param {KeyboardEvent} event
   */
  _pressed(event) {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    void this._request("seek/by", { offset: way * STEP });
  }

  /**
   * @private
   * @param {number} position
   * @param {number | null} duration
   */
  _draw(position, duration) {
    const elapsed = formatTime(position);
    const total = this._total(duration);
    const part = duration ? (100 * position) / duration : 0;
    this._slider.style.setProperty("--part", `${part}%`);
    if (this._elapsed.textContent === elapsed && this._duration.textContent === total) return;
    this._elapsed.textContent = elapsed;
    this._duration.textContent = total;
    const words = { position: elapsed, duration: total };
    this._slider.setAttribute("aria-valuetext", this._translate("control.position_of", words));
  }
}
