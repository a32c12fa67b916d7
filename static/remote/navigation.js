/** The way between the views behind the first screen, which are loaded when first opened. */

import { find } from "../elements/index.js";
import { importLate } from "../events/late-import.js";
import { listenFor } from "../events/page-event.js";
import { ViewChoice } from "../events/view-choice.js";
import { isRecord } from "../protocol/messages.js";
import { TabBar } from "./elements/tab-bar.js";
import { ViewElement } from "../elements/view-element.js";
import { readRoute, routeTo, writeRoute } from "./route.js";

/** Milliseconds without scrolling until the place is kept, because browsers limit the rate. */
const STILL = 250;
/** @type {Place} */
const TOP = { top: null, rows: 0 };

/** The width from which the first screen and another view are side by side. */
const WIDE = "(min-width: 60rem)";

/**
 * @typedef {import("../elements/view-element.js").View} View
 * @typedef {import("./route.js").Route} Route
 * @typedef {import("./route.js").ViewName} ViewName
 * @typedef {import("../i18n/translate.js").Translate} Translate
 *
 * @typedef {object} Surroundings what a view needs apart from the player's state
 * @property {Translate} translate
 * @property {import("../connection/api.js").Api} api
 * @property {import("../connection/links.js").RemoteLinks} links
 * @property {import("../connection/links.js").RemoteLink} link the player that is followed
 * @property {(link: import("../connection/links.js").RemoteLink) => import("../connection/connection.js").Connection} connect
 *   makes a connection with the rights of a link, which is not started yet
 * @property {(procedure: string, parameters: Record<string, unknown>) => Promise<unknown>} call
 *   calls the player, and returns its answer
 * @property {() => Route} route
 * @property {(route: Route) => void} go opens another view or folder
 * @property {(route: Route) => void} turn replaces the present route
 *
 * @typedef {object} Place a place in a view; the state of an entry of the history
 * @property {number | null} top pixels from the start of the view's rows; null at the page's top
 * @property {number} rows
 */

export class Navigation {
  #page;
  /** @type {Surroundings} */
  #surroundings;
  #tabs;
  #panel;
  #wide = matchMedia(WIDE);
  /** @type {Route} */
  #route = routeTo("now");
  /** the last route and place in each view @type {Map<ViewName, { route: Route, place: Place }>} */
  #left = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #moving = undefined;
  /** @type {View | null} */
  #view = null;
  /** @type {Map<ViewName, ViewElement>} */
  #views = new Map();
  #loading = 0;
  /** What failed while a view was loaded. @type {(error: unknown) => void} */
  failed = () => {};

  /**
   * @param {Document} page
   * @param {Omit<Surroundings, "route" | "go" | "turn">} surroundings
   */
  constructor(page, surroundings) {
    this.#page = page;
    this.#surroundings = {
      ...surroundings,
      route: () => this.#route,
      go: (route) => this.#go(route),
      turn: (route) => this.#turn(route),
    };
    this.#tabs = find(page, "tab-bar", TabBar);
    this.#panel = find(page, "#panel", HTMLElement);
  }

  /** Open the view in the address, and follow it and the tabs. */
  start() {
    this.#tabs.mount(this.#surroundings.translate);
    listenFor(this.#tabs, ViewChoice, ({ view }) => this.#pick(view));
    history.scrollRestoration = "manual";
    addEventListener("popstate", ({ state }) => {
      this.#open(readRoute(location.search), placeOf(state));
    });
    addEventListener("scroll", () => this.#moved(), { passive: true });
    addEventListener("pagehide", () => this.#note());
    this.#wide.addEventListener("change", () => this.#open(this.#route, this.#place));
    this.#open(readRoute(location.search), placeOf(history.state));
  }

  /**
   * Show the player's view in the open view.
   * @param {View} view
   */
  show(view) {
    this.#view = view;
    const open = this.#views.get(this.#name);
    if (open?.isConnected) open.show(view);
  }

  /**
   * The content of the panel, which a wide page always shows next to the first screen.
   *
   * @returns {ViewName}
   */
  get #name() {
    return this.#route.view === "now" && this.#wide.matches ? "queue" : this.#route.view;
  }

  /**
   * Open a view at its last place; a tab that is already open goes to its top.
   *
   * @param {ViewName} view
   */
  #pick(view) {
    const left = view === this.#route.view ? undefined : this.#left.get(view);
    if (left) this.#go(left.route, left.place);
    else this.#go(routeTo(view));
  }

  /**
   * @param {Route} route
   * @param {Place} [place]
   */
  #go(route, place = TOP) {
    this.#note();
    history.pushState(place, "", writeRoute(route, location.hash));
    this.#open(route, place);
  }

  /** @param {Route} route */
  #turn(route) {
    this.#route = route;
    history.replaceState(TOP, "", writeRoute(route, location.hash));
  }

  get #place() {
    const view = this.#views.get(this.#name);
    const top = scrollY > 0 ? Math.round(scrollY - (view?.start ?? 0)) : null;
    return { top, rows: view?.rows ?? 0 };
  }

  #moved() {
    clearTimeout(this.#moving);
    this.#moving = setTimeout(() => this.#note(), STILL);
  }

  /** Keep the present place. */
  #note() {
    clearTimeout(this.#moving);
    const place = this.#place;
    this.#left.set(this.#route.view, { route: this.#route, place });
    history.replaceState(place, "");
  }

  /**
   * @param {Route} route
   * @param {Place} place
   */
  #open(route, place) {
    clearTimeout(this.#moving);
    this.#route = route;
    const name = this.#name;
    this.#page.body.dataset.view = name;
    this.#tabs.show(name, location.hash);
    this.#panel.hidden = name === "now";
    if (name === "now") {
      this.#panel.textContent = "";
      scrollTo(0, place.top ?? 0);
    } else void this.#fill(name, place);
  }

  /**
   * @param {Exclude<ViewName, "now">} name
   * @param {Place} place
   */
  async #fill(name, { top, rows }) {
    const turn = ++this.#loading;
    try {
      const [view] = await Promise.all([
        this.#views.get(name) || this.#load(name),
        loadStyles(this.#page),
      ]);
      if (turn !== this.#loading || this.#name !== name) return;
      if (view.parentElement !== this.#panel) {
        this.#panel.textContent = "";
        this.#panel.append(view);
      }
      const opened = view.opened(rows);
      if (this.#view) view.show(this.#view);
      await opened;
      if (turn === this.#loading && this.#name === name)
        scrollTo(0, top === null ? 0 : view.start + top);
    } catch (error) {
      this.failed(error);
    }
  }

  /** @param {Exclude<ViewName, "now">} name */
  async #load(name) {
    const late = await loadViews();
    const view = this.#views.get(name) || late[name].create(this.#surroundings);
    this.#views.set(name, view);
    return view;
  }
}

/**
 * Return the place in an entry of the history.
 * @param {unknown} state
 * @returns {Place}
 */
function placeOf(state) {
  const { top = null, rows = 0 } = isRecord(state) ? state : {};
  return { top: typeof top === "number" ? top : null, rows: Number(rows) || 0 };
}

/** Load the views, together. */
export function loadViews() {
  const address = new URL("./late-views.js", import.meta.url).href;
  return importLate(() => import("./late-views.js"), address);
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
    sheet.addEventListener("load", () => resolve());
    sheet.addEventListener("error", () => {
      // a view also works without it; the next one requests it again
      sheet.remove();
      resolve();
    });
    page.head.append(sheet);
  });
}
