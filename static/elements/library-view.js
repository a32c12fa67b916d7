import { describeError } from "../error_texts.js";
import { crumbs, readAddress, typesOf, unplayable } from "../library.js";
import { History } from "../history.js";
import { Playability } from "../playability.js";
import { ChoiceRow } from "./choice-row.js";
import { defineOnce } from "./define.js";
import { build, fill, flag } from "./dom.js";
import { FolderRow, MediumRow } from "./library-row.js";
import { viewIcon } from "./view-icons.js";
import { ViewElement } from "./view.js";

/** Milliseconds without a key until what was typed is searched for. */
const DEBOUNCE = 200;
/** Milliseconds between two looks at an index that is being built. */
const INDEX_INTERVAL = 2000;
const PAGE = 60;

/** @type {Order[]} */
const ORDERS = ["name", "added", "played"];
/** @type {Record<Order, import("../translate.js").Key>} */
const ORDER_TEXTS = {
  name: "library.folders",
  added: "library.newest",
  played: "library.played",
};

/**
 * @typedef {"name" | "added" | "played"} Order
 * @typedef {import("../library.js").Entry} Entry
 * @typedef {import("../remote_views.js").Surroundings} Surroundings
 * @typedef {import("../library.js").Listing} Listing
 * @typedef {import("../library.js").Query} Query
 * @typedef {import("./library-row.js").Medium} Medium
 */

/** What is in the media folder: folders, search, what is new, and any address on the web. */
export class LibraryView extends ViewElement {
  /** @param {Surroundings} surroundings */
  constructor({ api, route, go, call, translate }) {
    super();
    this._translate = translate;
    /** @private */
    this._played = new History(call);
    /** @private */
    this._playability = new Playability(call);
    /** @private */
    this._api = api;
    /** @private */
    this._route = route;
    /** @private */
    this._go = go;
    /** @private @type {import("./view.js").View | null} */
    this._view = null;
    /** @private what was asked to be played, until it does @type {{ source: string, words: string } | null} */
    this._awaited = null;
    /** @private @type {Order} */
    this._order = "name";
    /** @private counts the questions, so that an answer that was overtaken is not shown */
    this._turn = 0;
    /** @private @type {(FolderRow | MediumRow)[]} */
    this._rows = [];
    /** @private */
    this._total = 0;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._typing = undefined;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._looking = undefined;
    /** @private */
    this._search = build("input", { type: "search", autocomplete: "off", enterkeyhint: "search" });
    /** @private */
    this._crumbs = build("ol", { class: "crumbs" });
    /** @private */
    this._where = build("div", { role: "group", "aria-label": translate("library.where") });
    this._where.append(this._crumbs);
    /** @private @type {ChoiceRow<Order>} */
    this._orders = new ChoiceRow(translate("library.order"), (order) => {
      this._order = order;
      void this._look();
    });
    /** @private */
    this._index = build("div", { class: "index", hidden: "" });
    /** @private */
    this._note = build("div", { class: "note", role: "status" });
    /** @private */
    this._list = build("ul", { class: "rows" });
    /** @private */
    this._further = build("button", { type: "button", class: "further", hidden: "" });
    /** @private */
    this._watcher = new IntersectionObserver((seen) => {
      if (seen.some(({ isIntersecting }) => isIntersecting)) this._further.click();
    });
  }

  /** @override @param {import("./view.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    const words = translate("library.search");
    this._search.placeholder = words;
    this._search.setAttribute("aria-label", words);
    this._further.textContent = translate("library.further");
    this._search.addEventListener("input", () => {
      clearTimeout(this._typing);
      this._typing = setTimeout(() => void this._look(), DEBOUNCE);
    });
    this._further.addEventListener("click", () => void this._look(this._rows.length));
    this._watcher.observe(this._further);
    this.addEventListener("opened", () => this._opened());
    fill(
      this,
      build("h2", {}, translate("view.library")),
      build("label", { class: "search" }, viewIcon("search"), this._search),
      this._orders.element,
      this._where,
      this._index,
      this._note,
      this._list,
      this._further,
    );
  }

  disconnectedCallback() {
    clearTimeout(this._looking);
    clearTimeout(this._typing);
  }

  /** @override @param {import("./view.js").View} view */
  show(view) {
    this._view = view;
    this._tellPlaying();
    const { state } = view;
    const can = state ? state.can : [];
    this._drawOrders(can);
    for (const row of this._rows) {
      if (row instanceof FolderRow) {
        row.show(can);
        continue;
      }
      const current = state !== null && row.entry.source === state.source;
      row.show(can, unplayable(row.entry, this._playability.canPlay), current);
    }
  }

  /**
   * @private
   * @param {string[]} can
   */
  _drawOrders(can) {
    const searched = this._search.value.trim() !== "";
    const orders = ORDERS.filter((order) => order !== "played" || can.includes("history"));
    const options = orders.map((value) => ({ value, text: this._translate(ORDER_TEXTS[value]) }));
    this._orders.show(options, this._order, !searched);
    const inside = this._route().path !== "";
    flag(this._where, "hidden", !inside || (this._order === "played" && !searched));
  }

  /**
   * Find out what of these the player cannot play, and mark it.
   * @private
   * @param {Entry[]} entries
   */
  async _mark(entries) {
    const state = this._view && this._view.state;
    const asks = state !== null && state.can.includes("playable");
    await this._playability.learn(entries.map(typesOf).flat(), asks);
    if (this._view) this.show(this._view);
  }

  /** @private */
  _opened() {
    this._search.value = "";
    void this._look();
  }

  /**
   * Ask the server, and show what it answers.
   * @private
   * @param {number} [offset] keep as many of the rows that are shown
   */
  async _look(offset = 0) {
    clearTimeout(this._looking);
    const turn = ++this._turn;
    const { path } = this._route();
    const search = this._search.value.trim();
    this._drawCrumbs(path);
    const address = readAddress(search);
    if (address) {
      this._offer(address);
      return;
    }
    try {
      const listing =
        this._order === "played" && !search
          ? await this._played.list()
          : await this._api.list({ ...this._query(path, search), offset });
      if (turn === this._turn) this._take(listing, offset);
    } catch (error) {
      if (turn === this._turn) this._failed(error);
    }
  }

  /**
   * @private
   * @param {string} path
   * @param {string} search
   * @returns {Query}
   */
  _query(path, search) {
    const order = this._order === "added" ? "added" : "name";
    return { path, limit: PAGE, ...(search ? { search } : { order }) };
  }

  /**
   * @private
   * @param {Listing} listing
   * @param {number} offset
   */
  _take({ entries, total, index }, offset) {
    const rows = entries.map((entry) => this._row(entry));
    const focused = this._focused();
    this._total = total;
    if (offset === 0) fill(this._list);
    this._rows = offset === 0 ? rows : [...this._rows, ...rows];
    this._list.append(...rows.map(({ element }) => element));
    flag(this._further, "hidden", this._rows.length >= total || entries.length === 0);
    const searched = this._search.value.trim() !== "";
    const empty = searched ? "library.nothing_found" : "library.empty";
    this._note.textContent = this._rows.length ? "" : this._translate(empty);
    this._progress(index);
    if (this._view) this.show(this._view);
    void this._mark(entries);
    if (focused && this._focused() !== focused) this._focus(focused);
  }

  /**
   * Return the name of the control in the list that has the focus.
   * @private
   */
  _focused() {
    const { activeElement } = document;
    const inside = activeElement && this._list.contains(activeElement);
    return inside ? activeElement.getAttribute("aria-label") : null;
  }

  /**
   * @private
   * @param {string} name
   */
  _focus(name) {
    const named = Array.from(this._list.querySelectorAll("button")).find(
      (button) => button.getAttribute("aria-label") === name,
    );
    if (named) named.focus({ preventScroll: true });
  }

  /**
   * @private
   * @param {import("../library.js").Entry} entry
   */
  _row(entry) {
    const wishes = {
      open: (/** @type {string} */ path) => this._go({ view: "library", path }),
      play: (/** @type {Medium} */ medium) => void this._do("load", medium, "library.plays"),
      playAll: (/** @type {Medium} */ { source, title }) =>
        void this._do("load", { source, title }, "library.plays"),
      playNext: (/** @type {Medium} */ medium) =>
        void this._do("queue/play_next", medium, "library.comes_next"),
      add: (/** @type {Medium} */ medium) => void this._do("queue/add", medium, "library.added"),
    };
    return entry.kind === "folder"
      ? new FolderRow(this._translate, entry, wishes)
      : new MediumRow(this._translate, entry, wishes);
  }

  /**
   * @private
   * @param {string} procedure
   * @param {Medium} medium
   * @param {import("../translate.js").Key} done
   */
  async _do(procedure, { source, title, position }, done) {
    const parameters = {
      source,
      ...(title ? { title } : {}),
      ...(position && procedure === "load" ? { position } : {}),
    };
    const words = this._translate(done, { title: title || source });
    this._awaited = null;
    if (!(await this._request(procedure, parameters))) return;
    // What the answer tells of the player is shown with the next frame.
    if (procedure === "load") this._awaited = { source, words };
    else this._tell(words);
  }

  /**
   * Say that what was asked for plays, once it does.
   * @private
   */
  _tellPlaying() {
    const state = this._view && this._view.state;
    if (!this._awaited || !state) return;
    const { source, words } = this._awaited;
    // Of a folder, one of its media plays.
    const there = state.source === source || (state.source || "").startsWith(`${source}/`);
    if (state.gesture_required) this._tell(this._translate("remote.gesture"));
    else if (there && state.playing && !state.buffering) this._tell(words);
    // It is still to come, unless it failed, or another one was asked for.
    else if (there && !state.error) return;
    this._awaited = null;
  }

  /**
   * Offer to play an address on the web.
   * @private
   * @param {string} address
   */
  _offer(address) {
    const entry = { kind: /** @type {const} */ ("video"), path: address, source: address };
    const row = this._row({ ...entry, title: "", year: null, thumbnail: null });
    row.element.classList.add("address");
    this._rows = [row];
    fill(this._list, row.element);
    this._note.textContent = "";
    flag(this._further, "hidden", true);
    if (this._view) this.show(this._view);
  }

  /**
   * @private
   * @param {string} path
   */
  _drawCrumbs(path) {
    const steps = crumbs(path);
    fill(
      this._crumbs,
      ...steps.map((step, index) => {
        const text = step.name || this._translate("library.all");
        if (index === steps.length - 1) {
          return build("li", {}, build("span", { "aria-current": "location" }, text));
        }
        const link = build("button", { type: "button", class: "quiet" }, text);
        link.addEventListener("click", () => this._go({ view: "library", path: step.path }));
        return build("li", {}, link, viewIcon("into"));
      }),
    );
  }

  /**
   * Say how far the index is, and look again until it is there.
   * @private
   * @param {Listing["index"]} index
   */
  _progress({ state, media, probed }) {
    const busy = state === "scanning" || state === "probing";
    flag(this._index, "hidden", !busy && state !== "unavailable");
    if (state === "unavailable") this._index.textContent = this._translate("library.unavailable");
    if (!busy) return;
    const bar = build("progress", { max: String(Math.max(1, media)), "aria-hidden": "true" });
    if (state === "probing") bar.value = probed;
    const words =
      state === "scanning"
        ? this._translate("library.scanning", { count: media })
        : this._translate("library.probing", { count: probed, total: media });
    fill(this._index, build("p", {}, words), bar);
    this._looking = setTimeout(() => void this._lookAgain(), INDEX_INTERVAL);
  }

  /**
   * See how far the index is now, and show the list anew if there is more in it.
   * @private
   */
  async _lookAgain() {
    const turn = this._turn;
    const query = this._query(this._route().path, this._search.value.trim());
    const listing = await this._api.list({ ...query, limit: 1 }).catch(() => null);
    if (turn !== this._turn || !this.isConnected || !listing) return;
    const more = listing.total !== this._total || listing.index.state === "ready";
    if (more && this._rows.length <= PAGE) await this._look();
    else this._progress(listing.index);
  }

  /**
   * @private
   * @param {unknown} error
   */
  _failed(error) {
    const { text, detail } = describeError(error, this._translate);
    const again = build("button", { type: "button" }, this._translate("connection.retry"));
    again.addEventListener("click", () => void this._look());
    fill(this._note, build("p", {}, text), detail ? build("p", { class: "detail" }, detail) : null);
    this._note.append(again);
  }
}

/**
 * Return the view, built.
 * @param {Surroundings} surroundings
 */
export function create(surroundings) {
  defineOnce("library-view", LibraryView);
  const view = new LibraryView(surroundings);
  view.mount(surroundings.translate);
  return view;
}
