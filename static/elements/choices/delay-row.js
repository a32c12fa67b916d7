import { SUBTITLE_DELAY, SUBTITLE_STEPS } from "../../protocol/ranges.js";
import { formatShift } from "../../i18n/format.js";
import { build, flag } from "../dom.js";

/** Changes the delay of subtitles in steps, and shows it. */
export class DelayRow {
  #choose;
  /** what the player reported, in seconds */
  #now = 0;
  /** what was asked for last, in seconds */
  #asked = 0;
  /** the requests without an answer */
  #waiting = 0;
  #shown;

  /**
   * @param {import("../../i18n/translate.js").Translate} translate
   * @param {(seconds: number) => Promise<unknown>} choose requests a delay; the shown one is what the
   *   player reports
   */
  constructor(translate, choose) {
    this.#choose = choose;
    const { lang } = document.documentElement;
    const name = translate("more.subtitle_delay");
    this.#shown = build("button", { type: "button", class: "chip now" });
    this.#shown.addEventListener("click", () => void choose(0));
    const steps = SUBTITLE_STEPS.map((step) => {
      const text = formatShift(step, lang);
      const button = build("button", { type: "button", class: "chip" }, text);
      button.addEventListener("click", () => void this.#step(step));
      return button;
    });
    const chips = build("div", { class: "chips", role: "group", "aria-label": name });
    chips.append(...steps.slice(0, 2), this.#shown, ...steps.slice(2));
    this.element = build("div", { class: "choice" }, build("h3", {}, name), chips);
  }

  /**
   * Two quick presses are two steps, although the player reports the first one later.
   * @param {number} step
   */
  async #step(step) {
    this.#asked = within((this.#waiting ? this.#asked : this.#now) + step);
    this.#waiting += 1;
    await this.#choose(this.#asked);
    this.#waiting -= 1;
  }

  /**
   * @param {number} seconds
   * @param {boolean} can
   */
  show(seconds, can) {
    this.#now = seconds;
    flag(this.element, "hidden", !can);
    const text = formatShift(seconds, document.documentElement.lang);
    if (this.#shown.textContent !== text) this.#shown.textContent = text;
    this.#shown.setAttribute("aria-pressed", String(seconds === 0));
  }
}

/** @param {number} seconds */
function within(seconds) {
  const { least, most } = SUBTITLE_DELAY;
  return Math.min(most, Math.max(least, Math.round(seconds * 10) / 10));
}
