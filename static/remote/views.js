/** The views behind the first screen: each is loaded when it is first opened. */

import { find } from "../elements/index.js";
import { isRecord } from "../protocol/messages.js";
import { TabBar } from "./elements/tab-bar.js";
import { ViewElement } from "../elements/view.js";
import { readRoute, routeTo, writeRoute } from "./route.js";

/** Milliseconds without scrolling until the place is kept; browsers take few entries a second. */
const STILL = 250;
/** @type {Place} */
const TOP = { top: 0, rows: 0 };

/** Where the first screen and another view stand side by side. */
const WIDE = "(min-width: 60rem)";

/**
 * @typedef {import("../elements/view.js").View} View
 * @typedef {import("./route.js").Route} Route
 * @typedef {import("./route.js").ViewName} ViewName
 * @typedef {import("../i18n/translate.js").Translate} Translate
 *
 * @typedef {object} Surroundings what a view needs beside the player's state
 * @property {Translate} translate
 * @property {import("../connection/api.js").Api} api
 * @property {import("./links.js").RemoteLinks} links
 * @property {import("./links.js").RemoteLink} link the player that is followed
 * @property {(link: import("./links.js").RemoteLink) => import("../connection/connection.js").Connection} connect
 *   makes a connection with the rights of a link, which is not started yet
 * @property {(procedure: string, parameters: Record<string, unknown>) => Promise<unknown>} call
 *   calls the player, and returns what it answers
 * @property {() => Route} route
 * @property {(route: Route) => void} go opens another view or folder
 * @property {(route: Route) => void} turn says that what is open is this now
 *
 * @typedef {object} Place where in a view the person is; an entry of the history has it as its state
 * @property {number} top pixels
 * @property {number} rows
 */

export class RemoteViews {
  /**
   * @param {Document} page
   * @param {Omit<Surroundings, "route" | "go" | "turn">} surroundings
   */
  constructor(page, surroundings) {
    /** @private */
    this._page = page;
    /** @private @type {Surroundings} */
    this._surroundings = {
      ...surroundings,
      route: () => this._route,
      go: (route) => this._go(route),
      turn: (route) => this._turn(route),
    };
    /** @private */
    this._tabs = find(page, "tab-bar", TabBar);
    /** @private */
    this._panel = find(page, "#panel", HTMLElement);
    /** @private */
    this._wide = matchMedia(WIDE);
    /** @private @type {Route} */
    this._route = routeTo("now");
    /** @private what was open in each view, and where @type {Map<ViewName, { route: Route, place: Place }>} */
    this._left = new Map();
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._moving = undefined;
    /** @private @type {View | null} */
    this._view = null;
    /** @private @type {Map<ViewName, ViewElement>} */
    this._views = new Map();
    /** @private */
    this._loading = 0;
    /** What failed while a view was loaded. @type {(error: unknown) => void} */
    this.failed = () => {};
  }

  /** Open what the address says, and follow it and the tabs from now on. */
  start() {
    this._tabs.mount(this._surroundings.translate);
    this._tabs.addEventListener("tabpicked", (event) => {
      if (event instanceof CustomEvent) this._pick(event.detail);
    });
    history.scrollRestoration = "manual";
    addEventListener("popstate", ({ state }) => {
      this._open(readRoute(location.search), placeOf(state));
    });
    addEventListener("scroll", () => this._moved(), { passive: true });
    addEventListener("pagehide", () => this._note());
    this._wide.addEventListener("change", () => this._open(this._route, this._place));
    this._open(readRoute(location.search), placeOf(history.state));
  }

  /**
   * Show the view of the player in the view that is open.
   * @param {View} view
   */
  show(view) {
    this._view = view;
    const open = this._views.get(this._name);
    if (open && open.isConnected) open.show(view);
  }

  /**
   * What the panel holds; a wide page always has something beside the first screen.
   * @private
   * @returns {ViewName}
   */
  get _name() {
    return this._route.view === "now" && this._wide.matches ? "queue" : this._route.view;
  }

  /**
   * Open a view as it was left; a tab that is open already leads to its top.
   * @private
   * @param {ViewName} view
   */
  _pick(view) {
    const left = view === this._route.view ? undefined : this._left.get(view);
    if (left) this._go(left.route, left.place);
    else this._go(routeTo(view));
  }

  /**
   * @private
   * @param {Route} route
   * @param {Place} [place]
   */
  _go(route, place = TOP) {
    this._note();
    history.pushState(place, "", writeRoute(route, location.hash));
    this._open(route, place);
  }

  /**
   * @private
   * @param {Route} route
   */
  _turn(route) {
    this._route = route;
    history.replaceState(TOP, "", writeRoute(route, location.hash));
  }

  /** @private */
  get _place() {
    const view = this._views.get(this._name);
    return { top: Math.round(scrollY), rows: view ? view.rows : 0 };
  }

  /** @private */
  _moved() {
    clearTimeout(this._moving);
    this._moving = setTimeout(() => this._note(), STILL);
  }

  /**
   * Keep in mind where the person is.
   * @private
   */
  _note() {
    clearTimeout(this._moving);
    const place = this._place;
    this._left.set(this._route.view, { route: this._route, place });
    history.replaceState(place, "");
  }

  /**
   * @private
   * @param {Route} route
   * @param {Place} place
   */
  _open(route, place) {
    clearTimeout(this._moving);
    this._route = route;
    const name = this._name;
    this._page.body.dataset.view = name;
    this._tabs.show(name, location.hash);
    this._panel.hidden = name === "now";
    if (name === "now") {
      this._panel.textContent = "";
      scrollTo(0, place.top);
    } else void this._fill(name, place);
  }

  /**
   * @private
   * @param {Exclude<ViewName, "now">} name
   * @param {Place} place
   */
  async _fill(name, { top, rows }) {
    const turn = ++this._loading;
    try {
      const view = this._views.get(name) || (await this._load(name));
      if (turn !== this._loading || this._name !== name) return;
      if (view.parentElement !== this._panel) {
        this._panel.textContent = "";
        this._panel.append(view);
      }
      if (this._view) view.show(this._view);
      await view.opened(rows);
      if (turn === this._loading && this._name === name) scrollTo(0, top);
    } catch (error) {
      this.failed(error);
    }
  }

  /**
   * @private
   * @param {Exclude<ViewName, "now">} name
   */
  async _load(name) {
    const [late] = await Promise.all([import("./late-views.js"), loadStyles(this._page)]);
    const view = this._views.get(name) || late[name].create(this._surroundings);
    this._views.set(name, view);
    return view;
  }
}

/**
 * Return the place that an entry of the history has.
 * @param {unknown} state
 * @returns {Place}
 */
function placeOf(state) {
  const { top = 0, rows = 0 } = isRecord(state) ? state : {};
  return { top: Number(top) || 0, rows: Number(rows) || 0 };
}

/**
 * Load the style sheet of the views, once.
 * @param {Document} page
 * @returns {Promise<void>}
 */
function loadStyles(page) {
  const known = page.querySelector("#view-styles");
  if (known) return Promise.resolve();
  const sheet = page.createElement("link");
  sheet.id = "view-styles";
  sheet.rel = "stylesheet";
  sheet.href = new URL("../styles/views.css", import.meta.url).href;
  return new Promise((resolve) => {
    // Without its style sheet a view is plain, but it works.
    for (const end of ["load", "error"]) sheet.addEventListener(end, () => resolve());
    page.head.append(sheet);
  });
}
