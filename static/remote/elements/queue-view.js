import { DragList } from "./drag-list.js";
import { routeTo } from "../route.js";
import { defineOnce } from "../../elements/define.js";
import { build, fill, flag } from "../../elements/dom.js";
import { QueueRow } from "./queue-row.js";
import { viewIcon } from "./view-icons.js";
import { ViewElement } from "../../elements/view.js";

/**
 * @typedef {import("../../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {import("../views.js").Surroundings} Surroundings
 */

/** What a press on "repeat" turns each mode into. */
const NEXT_MODE = Object.freeze({ off: "all", all: "one", one: "off" });

/** What comes next, in its order. */
export class QueueView extends ViewElement {
  /** @param {() => void} browse opens the library */
  constructor(browse = () => {}) {
    super();
    /** @private */
    this._browse = browse;
    /** @private @type {PlayerState | null} */
    this._state = null;
    /** @private @type {Map<string, QueueRow>} by the item's id */
    this._rows = new Map();
    /** @private */
    this._count = build("span", { class: "count" });
    /** @private */
    this._shuffle = build("button", { type: "button", class: "toggle" });
    /** @private */
    this._repeat = build("button", { type: "button", class: "toggle" });
    /** @private */
    this._clear = build("button", { type: "button", class: "quiet" });
    /** @private */
    this._list = build("ol", { class: "rows" });
    /** @private */
    this._empty = build("div", { class: "empty" });
    /** @private */
    this._told = build("p", { class: "unseen", role: "status" });
    /** @private */
    this._drag = new DragList(this._list, ".handle", (from, to) => this._move(from, to));
  }

  /** @override @param {import("../../elements/view.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    const browse = build("button", { type: "button" }, translate("queue.browse"));
    browse.addEventListener("click", () => this._browse());
    this._empty.append(build("p", {}, translate("queue.empty")), browse);
    this._shuffle.append(viewIcon("shuffle"), build("span", {}, translate("queue.shuffle")));
    this._clear.append(viewIcon("bin"), build("span", {}, translate("queue.clear")));
    this._shuffle.addEventListener("click", () => {
      void this._request("shuffle", { on: !(this._state && this._state.shuffle) });
    });
    this._repeat.addEventListener("click", () => {
      const mode = this._state ? this._state.repeat : "off";
      void this._request("repeat", { mode: NEXT_MODE[mode] });
    });
    this._clear.addEventListener("click", () => void this._request("queue/clear"));
    fill(
      this,
      build("h2", {}, translate("view.queue"), " ", this._count),
      build("div", { class: "tools" }, this._shuffle, this._repeat, this._clear),
      this._list,
      this._empty,
      this._told,
    );
    this._drag.start();
  }

  /** @override @param {import("../../elements/view.js").View} view */
  show({ state }) {
    this._state = state;
    if (!state) return;
    const { can, repeat, shuffle } = state;
    const items = (state.queue && state.queue.items) || [];
    this._count.textContent = items.length ? String(items.length) : "";
    flag(this._empty, "hidden", items.length > 0);
    press(this._shuffle, shuffle === true, can.includes("shuffle"));
    press(this._repeat, repeat !== "off" && repeat !== undefined, can.includes("repeat"));
    const words = this._translate(REPEAT_TEXTS[repeat] || REPEAT_TEXTS.off);
    if (this._repeat.dataset.mode !== repeat) {
      this._repeat.dataset.mode = repeat;
      fill(this._repeat, viewIcon("repeat"), build("span", {}, words));
    }
    flag(this._clear, "hidden", !can.includes("queue/clear") || items.length === 0);
    this._draw(items, state.queue ? state.queue.index : null, can);
  }

  /**
   * @private
   * @param {readonly import("./queue-row.js").QueueItem[]} items
   * @param {number | null} current
   * @param {string[]} can
   */
  _draw(items, current, can) {
    const order = items.map(({ id }) => id).join();
    if (order !== this._list.dataset.order) this._drag.cancel();
    this._list.dataset.order = order;
    const focused = document.activeElement;
    const gone = new Set(this._rows.keys());
    items.forEach((item, index) => {
      gone.delete(item.id);
      const row = this._rows.get(item.id) || this._newRow(item.id);
      row.show(item, { index, count: items.length, current: index === current, can });
      const there = this._list.children[index];
      if (there !== row.element) this._list.insertBefore(row.element, there || null);
    });
    for (const id of Array.from(gone)) {
      const row = this._rows.get(id);
      if (row) row.element.remove();
      this._rows.delete(id);
    }
    // A row that is put elsewhere loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus();
  }

  /**
   * @private
   * @param {string} id
   */
  _newRow(id) {
    const row = new QueueRow(this._translate, {
      jump: (index) => void this._request("jump", { index }),
      remove: (index) => void this._request("queue/remove", { index }),
      move: (index, by) => void this._move(index, index + by),
    });
    this._rows.set(id, row);
    return row;
  }

  /**
   * @private
   * @param {number} from
   * @param {number} to
   */
  async _move(from, to) {
    const { items } = this._state ? this._state.queue : { items: [] };
    if (to < 0 || to >= items.length) return;
    const { title } = items[from];
    if (!(await this._request("queue/move", { from, to }))) return;
    const words = { title, place: to + 1, count: items.length };
    this._told.textContent = this._translate("queue.moved", words);
  }
}

/** @type {Record<string, import("../../i18n/translate.js").Key>} */
const REPEAT_TEXTS = {
  off: "queue.repeat_off",
  all: "queue.repeat_all",
  one: "queue.repeat_one",
};

/**
 * Show whether a toggle is on, and hide it where the player does not have it.
 * @param {HTMLButtonElement} button
 * @param {boolean} on
 * @param {boolean} can
 */
function press(button, on, can) {
  button.setAttribute("aria-pressed", String(on));
  flag(button, "hidden", !can);
}

/**
 * Return the view, built.
 * @param {Surroundings} surroundings
 */
export function create({ translate, go }) {
  defineOnce("queue-view", QueueView);
  const view = new QueueView(() => go(routeTo("library")));
  view.mount(translate);
  return view;
}
