import { typesOf, unplayable } from "../../../library/library.js";
import { WatchedList } from "../../../library/watched-list.js";
import { Playability } from "../../../library/playability.js";
import { ORDERS, routeTo } from "../../route.js";
import { ChoiceRow } from "../../../elements/choices/choice-row.js";
import { defineOnce } from "../../../elements/define.js";
import { build, fill, flag } from "../../../elements/dom.js";
import { delay } from "../../../events/delay.js";
import { ContinueList } from "./continue-list.js";
import { Crumbs } from "./crumbs.js";
import { EntryList } from "./entry-list.js";
import { EntryLoader } from "./entry-loader.js";
import { FolderRow, MediumRow } from "./library-row.js";
import { MediumRequests } from "./medium-requests.js";
import { viewIcon } from "../view-icons.js";
import { UploadList } from "../upload-list.js";
import { ViewElement } from "../../../elements/view-element.js";

/** Milliseconds without a key press until a search starts. */
const DEBOUNCE = 200;

/** Milliseconds that rows wait for the media to continue with, which are shown above them. */
const PATIENCE = 1000;

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
 * @typedef {import("../../navigation.js").Surroundings} Surroundings
 * @typedef {import("./library-row.js").Medium} Medium
 */

/** The media folder: folders, search, new media, and addresses on the web. */
class LibraryView extends ViewElement {
  #played;
  #playability;
  #route;
  #go;
  #turnTo;
  /** @type {import("../../../elements/view-element.js").View | null} */
  #view = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing = undefined;
  #search = build("input", { type: "search", autocomplete: "off", enterkeyhint: "search" });
  #crumbs;
  /** @type {ChoiceRow<Order>} */
  #orders;
  #list;
  #entries;
  #continue;
  #requests;
  #uploads;
  /** what the player had loaded when it was asked what was played @type {string | undefined} */
  #learned = undefined;
  /** resolved once the media to continue with are shown, or cannot be loaded */
  #learning = Promise.resolve();

  /** @param {Surroundings} surroundings */
  constructor({ api, route, go, turn, call, translate }) {
    super();
    this._translate = translate;
    this.#played = new WatchedList(call, (query) => api.list(query));
    this.#playability = new Playability(call);
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
    this.#entries = new EntryLoader({
      api,
      played: this.#played,
      translate,
      list: this.#list,
      ready: () => Promise.race([this.#learning, delay(PATIENCE)]),
      loaded: (entries) => {
        this.#redraw();
        void this.#mark(entries);
      },
    });
    this.#crumbs = new Crumbs(translate, (path) => this.#open(path));
    this.#orders = new ChoiceRow(translate("library.order"), (order) => {
      this.#become({ order });
    });
    this.#continue = new ContinueList(
      translate("library.continue"),
      (entry) => /** @type {MediumRow} */ (this.#row(entry)),
    );
  }

  /** @override @param {import("../../../elements/view-element.js").Translate} translate */
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
      this.#entries.index.element,
      this.#continue.element,
      this.#list.element,
      this.#entries.note,
      this.#entries.end,
    );
  }

  /** @override */
  get rows() {
    return this.#list.rows.length;
  }

  /** @override */
  get start() {
    return this.#list.element.getBoundingClientRect().top + scrollY;
  }

  /** @override @param {number} rows */
  async opened(rows) {
    this.#learned = undefined;
    void this.#uploads.shared.open();
    const { search, path, order } = this.#route();
    const { listed } = this.#entries;
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
    this.#entries.stop();
    clearTimeout(this.#typing);
  }

  #redraw() {
    if (this.#view) this.show(this.#view);
  }

  /** @override @param {import("../../../elements/view-element.js").View} view */
  show(view) {
    this.#view = view;
    const { state } = view;
    if (state) this.#requests.announce(state);
    const can = state?.can ?? [];
    this.#uploads.show(can);
    this.#drawOrders(can);
    this.#learn(view);
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
   * @param {import("../../../elements/view-element.js").View} view
   */
  #learn({ state, live }) {
    const { path, order } = this.#route();
    const top = path === "" && order === "name" && this.#typed === "";
    flag(this.#continue.element, "data-aside", !top);
    if (!state || !live || !state.can.includes("history")) return;
    const present = JSON.stringify([state.source, state.ended]);
    if (present === this.#learned) return;
    this.#learned = present;
    this.#learning = this.#drawContinued(state.source);
  }

  /** @param {string | null} present the source that plays now */
  async #drawContinued(present) {
    try {
      await this.#played.learn();
      this.#continue.fill(await this.#played.continued(present));
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
    this.#redraw();
  }

  /**
   * Request entries from the server, and show them.
   *
   * @param {number} [rows] the least number to show
   */
  #look(rows = 0) {
    clearTimeout(this.#typing);
    const route = this.#route();
    this.#crumbs.draw(route.path);
    return this.#entries.load(route, rows);
  }

  /** @param {Entry} entry */
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
   * Open a folder; the list of played media has none.
   *
   * @param {string} path
   */
  #open(path) {
    const { order } = this.#route();
    this.#go(routeTo("library", { path, order: order === "played" ? "name" : order }));
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
