import { formatTime } from "../../i18n/format.js";
import { build, fill } from "../../elements/dom.js";
import { picture } from "./picture.js";
import { viewIcon } from "./view-icons.js";

/** The id of a Python program, or of the command, that chose none: it tells a person nothing. */
const RANDOM_CLIENT_ID = /^py-[0-9a-f]{16}$/;

/**
 * @typedef {import("../../elements/view-element.js").Translate} Translate
 * @typedef {object} QueueItem
 * @property {string} id
 * @property {string} title
 * @property {string} source
 * @property {string | null} [poster]
 * @property {number | null} [duration] seconds
 * @property {string} [added_by]
 *
 * @typedef {object} Wishes the requests of a row
 * @property {() => void} jump
 * @property {() => void} remove
 * @property {(by: number) => void} move
 */

/** An item of the queue, which can be played, moved and removed. */
export class QueueRow {
  #translate;
  #drawn = "";
  /** @type {string | null} */
  #poster = null;
  handle = build("button", { type: "button", class: "handle" }, viewIcon("handle"));
  #place = build("span", { class: "place", "aria-hidden": "true" });
  #name = build("span", { class: "name" });
  #about = build("span", { class: "about" });
  #frame = build("span", { class: "frame" });
  #jump;
  #remove = build("button", { type: "button", class: "tool" }, viewIcon("close"));
  #up;
  #down;
  #moves;

  /**
   * @param {Translate} translate
   * @param {Wishes} wishes
   */
  constructor(translate, wishes) {
    this.#translate = translate;
    const words = build("span", { class: "words" }, this.#name, " ", this.#about);
    this.#jump = build(
      "button",
      { type: "button", class: "main" },
      this.#place,
      this.#frame,
      words,
    );
    this.#up = build("button", { type: "button" }, viewIcon("up"), translate("queue.up"));
    this.#down = build("button", { type: "button" }, viewIcon("down"), translate("queue.down"));
    this.#moves = build("div", { class: "moves", hidden: "" }, this.#up, this.#down);
    this.element = build(
      "li",
      { class: "row" },
      this.handle,
      this.#jump,
      this.#remove,
      this.#moves,
    );
    this.#jump.addEventListener("click", () => wishes.jump());
    this.#remove.addEventListener("click", () => wishes.remove());
    this.#up.addEventListener("click", () => wishes.move(-1));
    this.#down.addEventListener("click", () => wishes.move(1));
    this.handle.setAttribute("aria-expanded", "false");
    this.handle.addEventListener("click", () => {
      this.#moves.hidden = !this.#moves.hidden;
      this.handle.setAttribute("aria-expanded", String(!this.#moves.hidden));
    });
    this.handle.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      wishes.move(by);
    });
  }

  /**
   * Show an item of the queue.
   * @param {QueueItem} item
   * @param {{ index: number, count: number, current: boolean, can: string[] }} where
   */
  show({ title, duration, poster = null, added_by }, { index, count, current, can }) {
    const drawn = JSON.stringify([title, duration, poster, added_by, index, count, current, can]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#name.textContent = title;
    if (this.#poster !== poster) fill(this.#frame, poster ? picture(poster, "screen") : null);
    this.#poster = poster;
    const length = duration ? formatTime(duration) : null;
    const by = added_by ? this.#addedBy(added_by) : null;
    this.#about.textContent = [length, by].filter(Boolean).join(" \u00b7 ");
    fill(this.#place, current ? playingMark() : null);
    const jump = this.#translate("queue.jump", { title });
    label(this.#jump, [jump, length, by].filter(Boolean).join(", "));
    label(this.#remove, this.#translate("queue.remove", { title }));
    label(this.handle, this.#translate("queue.move", { title }));
    this.#jump.disabled = !can.includes("jump");
    this.#remove.disabled = !can.includes("queue/remove");
    this.handle.disabled = !can.includes("queue/move") || count < 2;
    this.#up.disabled = index === 0;
    this.#down.disabled = index === count - 1;
    if (current) this.element.setAttribute("aria-current", "true");
    else this.element.removeAttribute("aria-current");
  }

  /** @param {string} name of a device, or the client id of a script */
  #addedBy(name) {
    if (RANDOM_CLIENT_ID.test(name)) return this.#translate("queue.added_by_program");
    return this.#translate("queue.added_by", { name });
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
