import { build, fill, flag, icon } from "../../elements/dom.js";
import { formatTime } from "../../i18n/format.js";
import { indexAt, nameOf, neighbours } from "../../protocol/chapters.js";

/**
 * @typedef {import("../../protocol/chapters.js").Chapter} Chapter
 * @typedef {import("../../elements/view-element.js").View} View
 */

/** Milliseconds between two updates of the present chapter. */
const INTERVAL = 1000;

/** The chapters, of which one plays, with buttons for the previous and the next one. */
export class ChapterRow {
  #translate;
  /** @type {View | null} */
  #view = null;
  /** @type {readonly Chapter[]} */
  #chapters = [];
  #drawn = "";
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer = undefined;
  #list = build("select");
  #previous;
  #next;

  /**
   * @param {import("../../i18n/translate.js").Translate} translate
   * @param {(position: number) => Promise<unknown>} go requests a position, in seconds; the shown
   *   chapter is that of the reported position
   */
  constructor(translate, go) {
    this.#translate = translate;
    const name = translate("more.chapters");
    this.#list.setAttribute("aria-label", name);
    this.#list.addEventListener("change", () => {
      void go(this.#chapters[this.#list.selectedIndex].start).then(() => this.#refresh());
    });
    const button = (/** @type {"previous" | "next"} */ way, /** @type {string} */ title) => {
      const made = build("button", { type: "button", title, "aria-label": title }, icon(way));
      made.addEventListener("click", () => {
        const start = neighbours(this.#chapters, this.#view?.position() ?? 0)[way];
        if (start !== null) void go(start);
      });
      return made;
    };
    this.#previous = button("previous", translate("chapter.previous"));
    this.#next = button("next", translate("chapter.next"));
    const parts = build("div", { class: "chapters", role: "group", "aria-label": name });
    parts.append(this.#previous, this.#list, this.#next);
    this.element = build("div", { class: "choice", hidden: "" }, build("h3", {}, name), parts);
  }

  start() {
    this.stop();
    this.#timer = setInterval(() => this.#refresh(), INTERVAL);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** @param {View} view */
  show(view) {
    this.#view = view;
    this.#chapters = view.state?.chapters ?? [];
    const can = view.state !== null && view.state.can.includes("seek");
    flag(this.element, "hidden", !can || this.#chapters.length === 0);
    const texts = this.#chapters.map(
      ({ start }, index) =>
        `${formatTime(start)} · ${nameOf(this.#chapters, index, this.#translate)}`,
    );
    const drawn = JSON.stringify(texts);
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      fill(this.#list, ...texts.map((text) => build("option", {}, text)));
    }
    this.#refresh();
  }

  #refresh() {
    if (!this.#view || this.#chapters.length === 0) return;
    const position = this.#view.position();
    const index = indexAt(this.#chapters, position);
    if (this.#list.selectedIndex !== index) this.#list.selectedIndex = index;
    const { previous, next } = neighbours(this.#chapters, position);
    this.#previous.disabled = previous === null;
    this.#next.disabled = next === null;
  }
}
