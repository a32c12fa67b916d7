import { DragList } from "./drag-list.js";
import { routeTo } from "../route.js";
import { defineOnce } from "../../elements/define.js";
import { build, fill, flag } from "../../elements/dom.js";
import { QueueRow } from "./queue-row.js";
import { viewIcon } from "./view-icons.js";
import { ViewElement } from "../../elements/view-element.js";

/**
 * @typedef {import("../../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {import("../navigation.js").Surroundings} Surroundings
 */

/** The next mode for each mode of "repeat". */
const NEXT_MODE = Object.freeze({ off: "all", all: "one", one: "off" });

/** The queue. */
class QueueView extends ViewElement {
  #browse;
  /** @type {PlayerState | null} */
  #state = null;
  /** @type {Map<string, QueueRow>} by the item's id */
  #rows = new Map();
  #count = build("span", { class: "count" });
  #shuffle = build("button", { type: "button", class: "toggle" });
  #repeat = build("button", { type: "button", class: "toggle" });
  #clear = build("button", { type: "button", class: "quiet" });
  #list = build("ol", { class: "rows" });
  #empty = build("div", { class: "empty" });
  #told = build("p", { class: "unseen", role: "status" });
  /** the latest request for an item */
  #turn = Promise.resolve();
  #drag;

  /** @param {() => void} browse opens the library */
  constructor(browse = () => {}) {
    super();
    this.#browse = browse;
    this.#drag = new DragList(this.#list, ".handle", (from, to) => this.#move(from, to));
  }

  /** @override @param {import("../../elements/view-element.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    const browse = build("button", { type: "button" }, translate("queue.browse"));
    browse.addEventListener("click", () => this.#browse());
    this.#empty.append(build("p", {}, translate("queue.empty")), browse);
    this.#shuffle.append(viewIcon("shuffle"), build("span", {}, translate("queue.shuffle")));
    this.#clear.append(viewIcon("bin"), build("span", {}, translate("queue.clear")));
    this.#shuffle.addEventListener("click", () => {
      void this._request("shuffle", { on: !this.#state?.shuffle });
    });
    this.#repeat.addEventListener("click", () => {
      const mode = this.#state ? this.#state.repeat : "off";
      void this._request("repeat", { mode: NEXT_MODE[mode] });
    });
    this.#clear.addEventListener("click", () => void this._request("queue/clear"));
    fill(
      this,
      build("h2", {}, translate("view.queue"), " ", this.#count),
      build("div", { class: "tools" }, this.#shuffle, this.#repeat, this.#clear),
      this.#list,
      this.#empty,
      this.#told,
    );
    this.#drag.start();
  }

  /** @override @param {import("../../elements/view-element.js").View} view */
  show({ state }) {
    this.#state = state;
    if (!state) return;
    const { can, repeat, shuffle } = state;
    const items = state.queue?.items ?? [];
    this.#count.textContent = items.length ? String(items.length) : "";
    flag(this.#empty, "hidden", items.length > 0);
    press(this.#shuffle, shuffle === true, can.includes("shuffle"));
    press(this.#repeat, repeat !== "off" && repeat !== undefined, can.includes("repeat"));
    const words = this._translate(REPEAT_TEXTS[repeat] || REPEAT_TEXTS.off);
    if (this.#repeat.dataset.mode !== repeat) {
      this.#repeat.dataset.mode = repeat;
      fill(this.#repeat, viewIcon("repeat"), build("span", {}, words));
    }
    flag(this.#clear, "hidden", !can.includes("queue/clear") || items.length === 0);
    this.#draw(items, state.queue ? state.queue.index : null, can);
  }

  /**
   * @param {readonly import("./queue-row.js").QueueItem[]} items
   * @param {number | null} current
   * @param {string[]} can
   */
  #draw(items, current, can) {
    const order = items.map(({ id }) => id).join();
    if (order !== this.#list.dataset.order) this.#drag.cancel();
    this.#list.dataset.order = order;
    const focused = document.activeElement;
    const gone = new Set(this.#rows.keys());
    items.forEach((item, index) => {
      gone.delete(item.id);
      const row = this.#rows.get(item.id) || this.#newRow(item.id);
      row.show(item, { index, count: items.length, current: index === current, can });
      const there = this.#list.children[index];
      if (there !== row.element) this.#list.insertBefore(row.element, there || null);
    });
    for (const id of Array.from(gone)) {
      const row = this.#rows.get(id);
      row?.element.remove();
      this.#rows.delete(id);
    }
    // a row that is moved loses the focus
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus();
  }

  /** @param {string} id */
  #newRow(id) {
    const row = new QueueRow(this._translate, {
      jump: () => this.#inTurn(id, (index) => void this._request("jump", { index })),
      remove: () => this.#inTurn(id, (index) => this._request("queue/remove", { index })),
      move: (by) => this.#inTurn(id, (index) => this.#move(index, index + by)),
    });
    this.#rows.set(id, row);
    return row;
  }

  /**
   * Act on the place of an item after the request before has taken effect: two quick presses must
   * not reach the item that took the place of this one.
   *
   * @param {string} id
   * @param {(index: number) => unknown} act returns a promise if the place may change
   */
  #inTurn(id, act) {
    this.#turn = this.#turn.then(async () => {
      const items = this.#state?.queue?.items ?? [];
      const index = items.findIndex((item) => item.id === id);
      if (index < 0) return;
      await act(index);
      // the state in the answer is shown with the next frame
      await new Promise((resolve) => requestAnimationFrame(resolve));
    });
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  async #move(from, to) {
    const { items } = this.#state ? this.#state.queue : { items: [] };
    if (to < 0 || to >= items.length) return;
    const { title } = items[from];
    if (!(await this._request("queue/move", { from, to }))) return;
    const words = { title, place: to + 1, count: items.length };
    this.#told.textContent = this._translate("queue.moved", words);
  }
}

/** @type {Record<string, import("../../i18n/translate.js").Key>} */
const REPEAT_TEXTS = {
  off: "queue.repeat_off",
  all: "queue.repeat_all",
  one: "queue.repeat_one",
};

/**
 * Show whether a toggle is on, and hide it if the player does not have it.
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
