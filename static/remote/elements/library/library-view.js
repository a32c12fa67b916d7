import { describeError } from "../../../i18n/error-texts.js";
import { typesOf, unplayable } from "../../../library/library.js";
import { listPages } from "../../../library/listing-pages.js";
import { History } from "../../../library/watched-list.js";
import { Playability } from "../../../library/playability.js";
import { readAddress } from "../../../protocol/addresses.js";
import { isMediumName } from "../../../protocol/media-names.js";
import { isStream, readSource } from "../../../protocol/sources.js";
import { ORDERS, routeTo } from "../../route.js";
import { ChoiceRow } from "../../../elements/choices/choice-row.js";
import { defineOnce } from "../../../elements/define.js";
import { build, fill, flag } from "../../../elements/dom.js";
import { ContinueList } from "./continue-list.js";
import { Crumbs } from "./crumbs.js";
import { EntryList } from "./entry-list.js";
import { IndexProgress } from "./index-progress.js";
import { FolderRow, MediumRow } from "./library-row.js";
import { MediumRequests } from "./medium-requests.js";
import { whyNoFilm } from "./page-film.js";
import { viewIcon } from "../view-icons.js";
import { UploadList } from "../upload-list.js";
import { ViewElement } from "../../../elements/view.js";

/** Milliseconds without a key press until a search starts. */
const DEBOUNCE = 200;
/** Milliseconds between two checks of an index that is being built. */
const INDEX_INTERVAL = 2000;
/** The number of rows per request. */
const PAGE = 100;
/** The distance below the window up to which rows are loaded. */
const AHEAD = "0px 0px 200%";

/** @type {Record<Order, import("../../../i18n/translate.js").Key>} */
const ORDER_TEXTS = {
  name: "library.folders",
  added: "library.newest",
  played: "library.played",
};

/** Whether the server converts media that the player does not decode. */
const converts = () => document.body.dataset.convert === "auto";

/**
 * @typedef {import("../../route.js").Order} Order
 * @typedef {import("../../../library/library.js").Entry} Entry
 * @typedef {import("../../views.js").Surroundings} Surroundings
 * @typedef {import("../../../library/library.js").Listing} Listing
 * @typedef {import("./library-row.js").Medium} Medium
 */

/** The media folder: folders, search, new media, and addresses on the web. */
export class LibraryView extends ViewElement {
  #played;
  #playability;
  #api;
  #route;
  #go;
  #turnTo;
  /** @type {import("../../../elements/view.js").View | null} */
  #view = null;
  /** what the list shows @type {import("../../route.js").Route | null} */
  #listed = null;
  /** whether further rows are being requested */
  #growing = false;
  /** the number of requests, to ignore the answers of earlier ones */
  #turn = 0;
  #total = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing = undefined;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #looking = undefined;
  #search = build("input", { type: "search", autocomplete: "off", enterkeyhint: "search" });
  #crumbs;
  /** @type {ChoiceRow<Order>} */
  #orders;
  #index;
  #note = build("div", { class: "note", role: "status" });
  #list;
  #end = build("div", { class: "end" });
  #watcher;
  #continue;
  #requests;
  #uploads;
  /** what the player had loaded when it was asked what was played @type {string | null | undefined} */
  #learned = undefined;

  /** @param {Surroundings} surroundings */
  constructor({ api, route, go, turn, call, translate }) {
    super();
    this._translate = translate;
    this.#played = new History(call, (query) => api.list(query));
    this.#playability = new Playability(call);
    this.#api = api;
    this.#requests = new MediumRequests({
      translate,
      request: (procedure, parameters) => this._request(procedure, parameters),
      call,
      tell: (text) => this._tell(text),
    });
    this.#uploads = new UploadList(translate, api, (source, plays, after) =>
      this.#requests.arrived(source, plays, after, this.#view?.state?.can ?? []),
    );
    this.#route = route;
    this.#go = go;
    this.#turnTo = turn;
    this.#list = new EntryList(translate, (entry) => this.#row(entry));
    this.#index = new IndexProgress(translate);
    this.#crumbs = new Crumbs(translate, (path) => this.#open(path));
    this.#orders = new ChoiceRow(translate("library.order"), (order) => {
      this.#become({ order });
    });
    this.#continue = new ContinueList(
      translate("library.continue"),
      (entry) => /** @type {MediumRow} */ (this.#row(entry)),
    );
    this.#watcher = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) void this.#grow();
      },
      { rootMargin: AHEAD },
    );
  }

  /** @override @param {import("../../../elements/view.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    const words = translate("library.search");
    this.#search.placeholder = words;
    this.#search.setAttribute("aria-label", words);
    this.#search.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#become({ search: this.#typed }), DEBOUNCE);
    });
    fill(
      this,
      build("h2", {}, translate("view.library")),
      build("label", { class: "search" }, viewIcon("search"), this.#search),
      this.#uploads.pickers,
      this.#orders.element,
      this.#uploads.shared.element,
      this.#uploads.list,
      this.#crumbs.element,
      this.#index.element,
      this.#continue.element,
      this.#list.element,
      this.#note,
      this.#end,
    );
  }

  /** @override */
  get rows() {
    return this.#list.rows.length;
  }

  /** @override @param {number} rows */
  async opened(rows) {
    this.#learned = undefined;
    void this.#uploads.shared.open();
    const { search, path, order } = this.#route();
    const listed = this.#listed;
    if (this.#typed !== search) this.#search.value = search;
    const looked = this.#look(rows);
    // the present rows are shown and meanwhile updated
    const there = listed?.path === path && listed.order === order;
    if (!there || listed.search !== search || this.#list.rows.length < rows) await looked;
  }

  get #typed() {
    return this.#search.value.trim();
  }

  /**
   * Show the same folder in another way.
   *
   * @param {Partial<import("../../route.js").Route>} change
   */
  #become(change) {
    this.#turnTo({ ...this.#route(), ...change });
    void this.#look();
  }

  disconnectedCallback() {
    clearTimeout(this.#looking);
    clearTimeout(this.#typing);
  }

  /** @override @param {import("../../../elements/view.js").View} view */
  show(view) {
    this.#view = view;
    const { state } = view;
    if (state) this.#requests.announce(state);
    const can = state?.can ?? [];
    this.#uploads.show(can);
    this.#drawOrders(can);
    void this.#learn(view);
    for (const row of [...this.#continue.rows, ...this.#list.rows]) {
      if (row instanceof FolderRow) {
        row.show(can);
        continue;
      }
      const { source = "" } = row.entry;
      const current = state !== null && source === state.source;
      const lacking = converts() ? [] : unplayable(row.entry, this.#playability.canPlay);
      row.show(can, lacking, current, this.#played.progress.of(source));
    }
  }

  /**
   * Request the history when the view opens, and when another medium was loaded or ended.
   *
   * @param {import("../../../elements/view.js").View} view
   */
  async #learn({ state, live }) {
    const { path, order } = this.#route();
    const top = path === "" && order === "name" && this.#typed === "";
    flag(this.#continue.element, "data-aside", !top);
    if (!state || !live || !state.can.includes("history")) return;
    const present = JSON.stringify([state.source, state.ended]);
    if (present === this.#learned) return;
    this.#learned = present;
    try {
      await this.#played.learn();
      this.#continue.fill(await this.#played.continued(state.source));
    } catch {
      this.#learned = undefined;
      return;
    }
    if (this.#view && this.isConnected) this.show(this.#view);
  }

  /** @param {string[]} can */
  #drawOrders(can) {
    const { order: present, path } = this.#route();
    const searched = this.#typed !== "";
    const orders = ORDERS.filter((order) => order !== "played" || can.includes("history"));
    const options = orders.map((value) => ({ value, text: this._translate(ORDER_TEXTS[value]) }));
    this.#orders.show(options, present, !searched);
    this.#crumbs.hide(path === "" || (present === "played" && !searched));
  }

  /**
   * Mark what the player cannot play.
   *
   * @param {Entry[]} entries
   */
  async #mark(entries) {
    if (converts()) return;
    const state = this.#view?.state;
    const asks = state?.can.includes("playable") ?? false;
    await this.#playability.learn(entries.map(typesOf).flat(), asks);
    if (this.#view) this.show(this.#view);
  }

  /**
   * Request entries from the server, and show them.
   *
   * @param {number} [rows] the least number to show
   */
  async #look(rows = 0) {
    clearTimeout(this.#looking);
    clearTimeout(this.#typing);
    const turn = ++this.#turn;
    const route = this.#route();
    this.#crumbs.draw(route.path);
    const address = readAddress(route.search);
    this.#listed = route;
    if (address) {
      this.#offer(address, turn);
      return;
    }
    try {
      const listing = await this.#ask(route, 0, Math.max(PAGE, rows));
      if (turn === this.#turn) this.#take(listing, 0);
    } catch (error) {
      if (turn === this.#turn) this.#failed(error, () => this.#look(rows));
    }
  }

  /** Add the next rows. */
  async #grow() {
    if (this.#growing || !this.#listed || this.#list.rows.length >= this.#total) return;
    const turn = this.#turn;
    const offset = this.#list.rows.length;
    this.#growing = true;
    try {
      const listing = await this.#ask(this.#listed, offset, PAGE);
      if (turn === this.#turn) this.#take(listing, offset);
    } catch (error) {
      // until it is requested again
      this.#watcher.disconnect();
      if (turn === this.#turn) this.#failed(error, () => this.#grow());
    } finally {
      this.#growing = false;
    }
  }

  /** Check whether the end of the list is near the window; the browser only reports changes. */
  #watch() {
    this.#watcher.unobserve(this.#end);
    if (this.#list.rows.length < this.#total) this.#watcher.observe(this.#end);
  }

  /**
   * @param {import("../../route.js").Route} route
   * @param {number} offset
   * @param {number} count
   * @returns {Promise<Listing>}
   */
  async #ask({ path, search, order }, offset, count) {
    if (order === "played" && !search) return this.#played.list();
    const how = search
      ? { search }
      : { order: order === "added" ? order : /** @type {const} */ ("name") };
    return listPages((query) => this.#api.list(query), { path, ...how }, offset, count);
  }

  /**
   * @param {Listing} listing
   * @param {number} offset
   */
  #take({ entries, total, index }, offset) {
    // a folder that shrinks while scrolling has no further rows
    this.#total = entries.length ? total : offset;
    const grouped = this.#route().order === "name" && this.#typed === "";
    this.#list.keepFocus(() => {
      this.#list.fill(entries, offset, grouped);
      // a hidden control cannot take the focus
      if (this.#view) this.show(this.#view);
    });
    const empty = this.#typed ? "library.nothing_found" : "library.empty";
    this.#note.textContent = this.#list.rows.length ? "" : this._translate(empty);
    this.#progress(index);
    void this.#mark(entries);
    this.#watch();
  }

  /** @param {import("../../../library/library.js").Entry} entry */
  #row(entry) {
    const wishes = {
      open: (/** @type {string} */ path) => this.#open(path),
      play: (/** @type {Medium} */ medium) => this.play(medium),
      playAll: (/** @type {Medium} */ { source, title }) =>
        void this.#requests.play({ source, title }),
      playNext: (/** @type {Medium} */ medium) =>
        void this.#requests.queue("queue/play_next", medium),
      add: (/** @type {Medium} */ medium) => void this.#requests.queue("queue/add", medium),
    };
    return entry.kind === "folder"
      ? new FolderRow(this._translate, entry, wishes)
      : new MediumRow(this._translate, entry, wishes);
  }

  /**
   * Play a medium, and announce it once it plays.
   * @param {Medium} medium
   */
  play(medium) {
    void this.#requests.play(medium);
  }

  /**
   * Offer to play an address on the web, or the film that the server finds in a page.
   *
   * @param {string} address
   * @param {number} turn
   */
  #offer(address, turn) {
    this.#drawOffer({ source: address, title: "", duration: null });
    this.#note.textContent = "";
    const isFilm = isMediumName(new URL(address).pathname) || isStream(readSource(address));
    if (!isFilm) void this.#find(address, turn);
  }

  /** @param {{ source: string, title: string, duration: number | null }} found */
  #drawOffer({ source, title, duration }) {
    const entry = { kind: /** @type {const} */ ("video"), path: source, source, title, duration };
    const row = this.#row({ ...entry, year: null, thumbnail: null });
    row.element.classList.add("address");
    this.#total = 1;
    this.#list.offer(row);
    if (this.#view) this.show(this.#view);
  }

  /**
   * @param {string} address
   * @param {number} turn
   */
  async #find(address, turn) {
    this.#note.textContent = this._translate("library.finding");
    try {
      const found = await this.#api.link(address);
      if (turn !== this.#turn) return;
      this.#drawOffer(found);
      this.#note.textContent = "";
    } catch (error) {
      if (turn === this.#turn) this.#note.textContent = whyNoFilm(error, this._translate);
    }
  }

  /**
   * Open a folder; the list of played media has none.
   *
   * @param {string} path
   */
  #open(path) {
    const { order } = this.#route();
    this.#go(routeTo("library", { path, order: order === "played" ? "name" : order }));
  }

  /** @param {Listing["index"]} index */
  #progress(index) {
    if (this.#index.show(index)) {
      this.#looking = setTimeout(() => void this.#lookAgain(), INDEX_INTERVAL);
    }
  }

  /** Request the progress of the index, and redraw the list if it has grown. */
  async #lookAgain() {
    const turn = this.#turn;
    const listing = await this.#ask(this.#route(), 0, 1).catch(() => null);
    if (turn !== this.#turn || !this.isConnected || !listing) return;
    const more = listing.total !== this.#total || listing.index.state === "ready";
    if (more) await this.#look(this.#list.rows.length);
    else this.#progress(listing.index);
  }

  /**
   * @param {unknown} error
   * @param {() => Promise<void>} retry
   */
  #failed(error, retry) {
    const { text, detail } = describeError(error, this._translate);
    const again = build("button", { type: "button" }, this._translate("connection.retry"));
    again.addEventListener("click", () => {
      fill(this.#note);
      void retry();
    });
    fill(this.#note, build("p", {}, text), detail ? build("p", { class: "detail" }, detail) : null);
    this.#note.append(again);
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
