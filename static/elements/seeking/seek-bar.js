import { formatTime } from "../../i18n/format.js";
import { nameAt } from "../../protocol/chapters.js";
import { previewAddress } from "../../protocol/sources.js";
import { build, fill, flag } from "../dom.js";
import { PreviewPicture } from "./preview-picture.js";
import { ViewElement } from "../view-element.js";

/** The least milliseconds between two redraws while the medium plays. */
const INTERVAL = 250;
/** Milliseconds after the start of a second, because a timer may fire a little early. */
const MARGIN = 20;
/** The step of the arrow keys, in seconds. */
const STEP = 10;
/** The width of the slider's knob in pixels, whose middle does not reach the ends. */
const THUMB = 24;
/** Milliseconds that a film plays before its pictures are fetched, because the film comes first. */
const SETTLING = 5000;

/**
 * The position, with a slider that seeks when it is released. The preview pictures are fetched when
 * a pointer is over it; with the attribute `early` before that, except in data-saving mode.
 */
export class SeekBar extends ViewElement {
  /** @type {import("../view-element.js").View | null} */
  #view = null;
  #held = false;
  /** the number of films, also of those that could not be seeked in for a while */
  #films = 0;
  /** the film in which the slider was taken */
  #taken = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling = undefined;
  #slider = build("input", {
    type: "range",
    min: "0",
    max: "0",
    step: "0.1",
    value: "0",
    disabled: "",
  });
  #elapsed = build("span", { class: "elapsed" });
  #duration = build("span", { class: "duration" });
  #picture = new PreviewPicture();
  #chapter = build("span", { class: "chapter" });
  #time = build("span");
  #preview = build("span", { class: "preview", "aria-hidden": "true", hidden: "" });
  #marks = build("span", { class: "marks", "aria-hidden": "true" });
  /** @type {readonly import("../../protocol/chapters.js").Chapter[]} */
  #chapters = [];
  #marked = "";

  /** @override @param {import("../view-element.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    this.#slider.setAttribute("aria-label", translate("control.position"));
    const times = build("div", { class: "times", "aria-hidden": "true" });
    times.append(this.#elapsed, this.#duration);
    this.#preview.append(this.#picture.element, this.#chapter, this.#time);
    const track = build("div", { class: "track" }, this.#marks, this.#slider, this.#preview);
    fill(this, track, times);
    this.#draw(0, null);
    this.#slider.addEventListener("pointerdown", () => {
      this.#held = true;
      this.#taken = this.#films;
      this.#picture.load();
    });
    this.#slider.addEventListener("pointerenter", () => this.#picture.load());
    for (const end of ["pointerup", "pointercancel", "blur"]) {
      this.#slider.addEventListener(end, () => {
        this.#held = false;
        flag(this.#preview, "hidden", true);
      });
    }
    this.#slider.addEventListener("pointermove", (event) => this.#point(event));
    this.#slider.addEventListener("pointerleave", () => {
      if (!this.#held) flag(this.#preview, "hidden", true);
    });
    this.#slider.addEventListener("input", () => {
      if (!this.#held) this.#taken = this.#films;
      this.#held = true;
      if (this.#length) this.#foresee(this.#slider.valueAsNumber / this.#length);
      this.#draw(this.#slider.valueAsNumber, this.#length);
    });
    this.#slider.addEventListener("change", () => {
      this.#held = false;
      if (this.#taken === this.#films) void this.#go(this.#slider.valueAsNumber);
      else this.#refresh();
    });
    this.#slider.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** @override @param {import("../view-element.js").View} view */
  show(view) {
    const { state, live } = view;
    const isSeekable = state !== null && state.can.includes("seek");
    if (!isSeekable || state.source !== this.#view?.state?.source) this.#films += 1;
    this.#view = view;
    flag(this.#slider, "disabled", !isSeekable);
    const max = String(this.#length || 0);
    if (this.#slider.max !== max) this.#slider.max = max;
    this.#chapters = state?.chapters ?? [];
    this.#mark();
    const isFilm = isSeekable && state.kind === "video";
    this.#picture.offer((isFilm && state.source && previewAddress(state.source)) || "");
    this.#settle(live && state?.playing === true && !state.buffering);
    clearTimeout(this.#timer);
    this.#refresh();
    if (live && state?.playing && !state.buffering) this.#await(state.rate);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#settle(false);
  }

  /**
   * Redraw once for each shown second, to save the phone's battery.
   *
   * @param {number} rate
   */
  #await(rate) {
    const position = this.#view?.position() ?? 0;
    const left = (1000 * (1 - (position % 1))) / rate + MARGIN;
    this.#timer = setTimeout(
      () => {
        this.#refresh();
        this.#await(rate);
      },
      Math.max(INTERVAL, left),
    );
  }

  /** @param {boolean} plays */
  #settle(plays) {
    if (!plays) {
      clearTimeout(this.#settling);
      this.#settling = undefined;
    } else if (this.hasAttribute("early") && !savesData()) {
      this.#settling ??= setTimeout(() => this.#picture.load(), SETTLING);
    }
  }

  get #length() {
    return this.#view?.state?.duration ?? null;
  }

  /** @param {number | null} duration */
  #total(duration) {
    if (duration !== null) return formatTime(duration);
    const playing = this.#view?.state?.playing;
    return playing ? this._translate("control.no_duration") : "";
  }

  #refresh() {
    if (!this.#view || this.#held || this._requests > 0) return;
    const position = this.#view.position();
    this.#slider.value = String(position);
    this.#draw(position, this.#length);
  }

  /** Show where chapters begin. */
  #mark() {
    const duration = this.#length ?? 0;
    const inside = this.#chapters.filter(({ start }) => start > 0 && start < duration);
    const parts = inside.map(({ start }) => String(start / duration));
    const marked = parts.join();
    if (this.#marked === marked) return;
    this.#marked = marked;
    const marks = parts.map((part) => {
      const mark = build("span");
      mark.style.setProperty("--at", part);
      return mark;
    });
    fill(this.#marks, ...marks);
  }

  /** @param {number} position */
  async #go(position) {
    await this._request("seek", { position });
    this.#refresh();
  }

  /**
   * Show the position of a click; for a dragging finger, the slider's own value.
   *
   * @param {PointerEvent} event
   */
  #point({ pointerType, clientX }) {
    if (this.#held || pointerType !== "mouse" || this.#slider.disabled) return;
    const { left, width } = this.#slider.getBoundingClientRect();
    this.#foresee((clientX - left - THUMB / 2) / (width - THUMB));
  }

  /** @param {number} part of the medium, 0 to 1 */
  #foresee(part) {
    if (!this.#length) return;
    const inside = Math.min(1, Math.max(0, part));
    const position = inside * this.#length;
    const chapter = nameAt(this.#chapters, position, this._translate);
    this.#chapter.textContent = chapter;
    flag(this.#chapter, "hidden", chapter === "");
    this.#time.textContent = formatTime(position);
    this.#picture.show(inside);
    this.#preview.style.setProperty("--at", String(inside));
    flag(this.#preview, "hidden", false);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    void this._request("seek/by", { offset: way * STEP });
  }

  /**
   * @param {number} position
   * @param {number | null} duration
   */
  #draw(position, duration) {
    const elapsed = formatTime(position);
    const total = this.#total(duration);
    const part = duration ? (100 * position) / duration : 0;
    this.#slider.style.setProperty("--part", `${part}%`);
    const words = this._translate("control.position_of", { position: elapsed, duration: total });
    const chapter = nameAt(this.#chapters, position, this._translate);
    const spoken = chapter ? `${words}, ${chapter}` : words;
    if (this.#slider.getAttribute("aria-valuetext") === spoken) return;
    this.#elapsed.textContent = elapsed;
    this.#duration.textContent = total;
    this.#slider.setAttribute("aria-valuetext", spoken);
  }
}

/** Whether the browser is in data-saving mode. */
function savesData() {
  const { connection } = /** @type {{ connection?: { saveData?: boolean } }} */ (navigator);
  return connection?.saveData === true || matchMedia("(prefers-reduced-data: reduce)").matches;
}
