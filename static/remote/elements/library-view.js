import { describeError } from "../../i18n/error-texts.js";
import { crumbs, readAddress, typesOf, unplayable } from "../../library/library.js";
import { History } from "../../library/history.js";
import { Playability } from "../../library/playability.js";
import { ENTRIES } from "../../protocol/ranges.js";
import { ORDERS, routeTo } from "../route.js";
import { ChoiceRow } from "../../elements/choice-row.js";
import { defineOnce } from "../../elements/define.js";
import { build, fill, flag } from "../../elements/dom.js";
import { FolderRow, MediumRow } from "./library-row.js";
import { viewIcon } from "./view-icons.js";
import { ViewElement } from "../../elements/view.js";

/** Milliseconds without a key until what was typed is searched for. */
const DEBOUNCE = 200;
/** Milliseconds between two looks at an index that is being built. */
const INDEX_INTERVAL = 2000;
/** Rows that are asked for at once. */
const PAGE = 100;
/** How far below what is seen rows are there already. */
const AHEAD = "0px 0px 200%";

/** @type {Record<Order, import("../../i18n/translate.js").Key>} */
const ORDER_TEXTS = {
  name: "library.folders",
  added: "library.newest",
  played: "library.played",
};

/**
 * @typedef {import("../route.js").Order} Order
 * @typedef {import("../../library/library.js").Entry} Entry
 * @typedef {import("../views.js").Surroundings} Surroundings
 * @typedef {import("../../library/library.js").Listing} Listing
 * @typedef {import("../../library/library.js").Query} Query
 * @typedef {import("./library-row.js").Medium} Medium
 */

/** What is in the media folder: folders, search, what is new, and any address on the web. */
export class LibraryView extends ViewElement {
  /** @param {Surroundings} surroundings */
  constructor({ api, route, go, turn, call, translate }) {
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
    /** @private */
    this._turnTo = turn;
    /** @private @type {import("../../elements/view.js").View | null} */
    this._view = null;
    /** @private what was asked to be played, until it does @type {{ source: string, words: string } | null} */
    this._awaited = null;
    /** @private what the list shows @type {import("../route.js").Route | null} */
    this._listed = null;
    /** @private rows are being asked for that come after those that are there */
    this._growing = false;
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
      this._become({ order });
    });
    /** @private */
    this._index = build("div", { class: "index", hidden: "" });
    /** @private */
    this._note = build("div", { class: "note", role: "status" });
    /** @private */
    this._list = build("ul", { class: "rows" });
    /** @private */
    this._end = build("div", { class: "end" });
    /** @private */
    this._watcher = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) void this._grow();
      },
      { rootMargin: AHEAD },
    );
  }

  /** @override @param {import("../../elements/view.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    const words = translate("library.search");
    this._search.placeholder = words;
    this._search.setAttribute("aria-label", words);
    this._search.addEventListener("input", () => {
      clearTimeout(this._typing);
      this._typing = setTimeout(() => this._become({ search: this._typed }), DEBOUNCE);
    });
    fill(
      this,
      build("h2", {}, translate("view.library")),
      build("label", { class: "search" }, viewIcon("search"), this._search),
      this._orders.element,
      this._where,
      this._index,
      this._list,
      this._note,
      this._end,
    );
  }

  /** @override */
  get rows() {
    return this._rows.length;
  }

  /** @override @param {number} rows */
  async opened(rows) {
    const { search, path, order } = this._route();
    const { _listed: listed } = this;
    if (this._typed !== search) this._search.value = search;
    const looked = this._look(rows);
    // What is there already is shown, and brought up to date meanwhile.
    const there = listed && listed.path === path && listed.order === order;
    if (!there || listed.search !== search || this._rows.length < rows) await looked;
  }

  /** @private */
  get _typed() {
    return this._search.value.trim();
  }

  /**
   * Show something else of the same folder.
   * @private
   * @param {Partial<import("../route.js").Route>} change
   */
  _become(change) {
    this._turnTo({ ...this._route(), ...change });
    void this._look();
  }

  disconnectedCallback() {
    clearTimeout(this._looking);
    clearTimeout(this._typing);
  }

  /** @override @param {import("../../elements/view.js").View} view */
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
    const { order: present, path } = this._route();
    const searched = this._typed !== "";
    const orders = ORDERS.filter((order) => order !== "played" || can.includes("history"));
    const options = orders.map((value) => ({ value, text: this._translate(ORDER_TEXTS[value]) }));
    this._orders.show(options, present, !searched);
    flag(this._where, "hidden", path === "" || (present === "played" && !searched));
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

  /**
   * Ask the server, and show what it answers.
   * @private
   * @param {number} [rows] how many are wanted at least
   */
  async _look(rows = 0) {
    clearTimeout(this._looking);
    clearTimeout(this._typing);
    const turn = ++this._turn;
    const route = this._route();
    this._drawCrumbs(route.path);
    const address = readAddress(route.search);
    this._listed = route;
    if (address) {
      this._offer(address);
      return;
    }
    try {
      const listing = await this._ask(route, 0, Math.max(PAGE, rows));
      if (turn === this._turn) this._take(listing, 0);
    } catch (error) {
      if (turn === this._turn) this._failed(error, () => this._look(rows));
    }
  }

  /**
   * Add the rows that come next.
   * @private
   */
  async _grow() {
    if (this._growing || !this._listed || this._rows.length >= this._total) return;
    const turn = this._turn;
    const offset = this._rows.length;
    this._growing = true;
    try {
      const listing = await this._ask(this._listed, offset, PAGE);
      if (turn === this._turn) this._take(listing, offset);
    } catch (error) {
      // Until somebody asks for it again.
      this._watcher.disconnect();
      if (turn === this._turn) this._failed(error, () => this._grow());
    } finally {
      this._growing = false;
    }
  }

  /**
   * Look whether the end of the list is near what is seen; the browser only tells of changes.
   * @private
   */
  _watch() {
    this._watcher.unobserve(this._end);
    if (this._rows.length < this._total) this._watcher.observe(this._end);
  }

  /**
   * @private
   * @param {import("../route.js").Route} route
   * @param {number} offset
   * @param {number} count
   * @returns {Promise<Listing>}
   */
  async _ask({ path, search, order }, offset, count) {
    if (order === "played" && !search) return this._played.list();
    /** @type {Query} */
    const query = {
      path,
      ...(search ? { search } : { order: order === "added" ? order : "name" }),
    };
    const listing = await this._api.list({
      ...query,
      offset,
      limit: Math.min(count, ENTRIES.most),
    });
    const { entries } = listing;
    while (entries.length > 0 && entries.length < Math.min(count, listing.total - offset)) {
      const limit = Math.min(count - entries.length, ENTRIES.most);
      const further = await this._api.list({ ...query, offset: offset + entries.length, limit });
      if (further.entries.length === 0) break;
      entries.push(...further.entries);
    }
    return listing;
  }

  /**
   * @private
   * @param {Listing} listing
   * @param {number} offset
   */
  _take({ entries, total, index }, offset) {
    const kept = offset === 0 ? this._rows : [];
    const before = new Map(kept.map((row) => [row.entry.path, row]));
    const rows = entries.map((entry) => this._renewed(before.get(entry.path), entry));
    const focused = this._focused();
    // A folder that shrinks while one scrolls through it has no more to give.
    this._total = entries.length ? total : offset;
    if (offset === 0) fill(this._list);
    this._rows = offset === 0 ? rows : [...this._rows, ...rows];
    this._list.append(...rows.map(({ element }) => element));
    const empty = this._typed ? "library.nothing_found" : "library.empty";
    this._note.textContent = this._rows.length ? "" : this._translate(empty);
    this._progress(index);
    if (this._view) this.show(this._view);
    void this._mark(entries);
    this._watch();
    if (focused && this._focused() !== focused) this._focus(focused);
  }

  /**
   * Return the row of an entry: the one before if nothing is different, else one with its picture.
   * @private
   * @param {FolderRow | MediumRow | undefined} before
   * @param {Entry} entry
   */
  _renewed(before, entry) {
    if (before && JSON.stringify(before.entry) === JSON.stringify(entry)) return before;
    const row = this._row(entry);
    if (before && before.entry.thumbnail === entry.thumbnail) row.adopt(before);
    return row;
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
   * @param {import("../../library/library.js").Entry} entry
   */
  _row(entry) {
    const wishes = {
      open: (/** @type {string} */ path) => this._open(path),
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
   * @param {import("../../i18n/translate.js").Key} done
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
    this._total = 1;
    fill(this._list, row.element);
    this._note.textContent = "";
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
        link.addEventListener("click", () => this._open(step.path));
        return build("li", {}, link, viewIcon("into"));
      }),
    );
  }

  /**
   * Open a folder; "what was played last" has none.
   * @private
   * @param {string} path
   */
  _open(path) {
    const { order } = this._route();
    this._go(routeTo("library", { path, order: order === "played" ? "name" : order }));
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
    const listing = await this._ask(this._route(), 0, 1).catch(() => null);
    if (turn !== this._turn || !this.isConnected || !listing) return;
    const more = listing.total !== this._total || listing.index.state === "ready";
    if (more) await this._look(this._rows.length);
    else this._progress(listing.index);
  }

  /**
   * @private
   * @param {unknown} error
   * @param {() => Promise<void>} retry
   */
  _failed(error, retry) {
    const { text, detail } = describeError(error, this._translate);
    const again = build("button", { type: "button" }, this._translate("connection.retry"));
    again.addEventListener("click", () => {
      fill(this._note);
      void retry();
    });
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
