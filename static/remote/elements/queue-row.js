import { formatTime } from "../../i18n/format.js";
import { build, fill } from "../../elements/dom.js";
import { picture } from "./picture.js";
import { viewIcon } from "./view-icons.js";

/**
 * @typedef {import("../../elements/view.js").Translate} Translate
 * @typedef {object} QueueItem
 * @property {string} id
 * @property {string} title
 * @property {string} source
 * @property {string | null} [poster]
 * @property {number | null} [duration] seconds
 *
 * @typedef {object} Wishes what a row asks for
 * @property {(index: number) => void} jump
 * @property {(index: number) => void} remove
 * @property {(index: number, by: number) => void} move
 */

/** One item of the queue: a press plays it; it can be moved and removed. */
export class QueueRow {
  /**
   * @param {Translate} translate
   * @param {Wishes} wishes
   */
  constructor(translate, wishes) {
    /** @private */
    this._translate = translate;
    /** @private */
    this._index = 0;
    /** @private */
    this._drawn = "";
    /** @private @type {string | null} */
    this._poster = null;
    this.handle = build("button", { type: "button", class: "handle" }, viewIcon("handle"));
    /** @private */
    this._place = build("span", { class: "place", "aria-hidden": "true" });
    /** @private */
    this._name = build("span", { class: "name" });
    /** @private */
    this._about = build("span", { class: "about" });
    const words = build("span", { class: "words" }, this._name, " ", this._about);
    /** @private */
    this._frame = build("span", { class: "frame" });
    /** @private */
    this._jump = build(
      "button",
      { type: "button", class: "main" },
      this._place,
      this._frame,
      words,
    );
    /** @private */
    this._remove = build("button", { type: "button", class: "tool" }, viewIcon("close"));
    /** @private */
    this._up = build("button", { type: "button" }, viewIcon("up"), translate("queue.up"));
    /** @private */
    this._down = build("button", { type: "button" }, viewIcon("down"), translate("queue.down"));
    /** @private */
    this._moves = build("div", { class: "moves", hidden: "" }, this._up, this._down);
    this.element = build(
      "li",
      { class: "row" },
      this.handle,
      this._jump,
      this._remove,
      this._moves,
    );
    this._jump.addEventListener("click", () => wishes.jump(this._index));
    this._remove.addEventListener("click", () => wishes.remove(this._index));
    this._up.addEventListener("click", () => wishes.move(this._index, -1));
    this._down.addEventListener("click", () => wishes.move(this._index, 1));
    this.handle.setAttribute("aria-expanded", "false");
    this.handle.addEventListener("click", () => {
      this._moves.hidden = !this._moves.hidden;
      this.handle.setAttribute("aria-expanded", String(!this._moves.hidden));
    });
    this.handle.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      wishes.move(this._index, by);
    });
  }

  /**
   * Show an item of the queue.
   * @param {QueueItem} item
   * @param {{ index: number, count: number, current: boolean, can: string[] }} where
   */
  show({ title, duration, poster = null }, { index, count, current, can }) {
    this._index = index;
    const drawn = JSON.stringify([title, duration, poster, index, count, current, can]);
    if (drawn === this._drawn) return;
    this._drawn = drawn;
    this._name.textContent = title;
    if (this._poster !== poster) fill(this._frame, poster ? picture(poster, "screen") : null);
    this._poster = poster;
    this._about.textContent = duration ? formatTime(duration) : "";
    fill(this._place, current ? playingMark() : null);
    const jump = this._translate("queue.jump", { title });
    label(this._jump, duration ? `${jump}, ${formatTime(duration)}` : jump);
    label(this._remove, this._translate("queue.remove", { title }));
    label(this.handle, this._translate("queue.move", { title }));
    this._jump.disabled = !can.includes("jump");
    this._remove.disabled = !can.includes("queue/remove");
    this.handle.disabled = !can.includes("queue/move") || count < 2;
    this._up.disabled = index === 0;
    this._down.disabled = index === count - 1;
    if (current) this.element.setAttribute("aria-current", "true");
    else this.element.removeAttribute("aria-current");
  }
}

function playingMark() {
  return build("span", { class: "beats" }, build("i"), build("i"), build("i"));
}

/**
 * @param {HTMLElement} button
 * @param {string} name
 */
function label(button, name) {
  button.setAttribute("aria-label", name);
  button.title = name;
}
