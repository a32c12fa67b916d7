import { describeError } from "../../../i18n/error-texts.js";
import { listPages } from "../../../library/listing-pages.js";
import { readAddress } from "../../../protocol/addresses.js";
import { ApiError } from "../../../protocol/errors.js";
import { isMediumName } from "../../../protocol/media-names.js";
import { isStream, readSource } from "../../../protocol/sources.js";
import { build, fill } from "../../../elements/dom.js";
import { IndexProgress } from "./index-progress.js";
import { whyNoFilm } from "./page-film.js";

/** Milliseconds between two checks of an index that is being built. */
const INDEX_INTERVAL = 2000;
/** The number of rows per request. */
const PAGE = 100;
/** The distance below the window up to which rows are loaded. */
const AHEAD = "0px 0px 200%";
/** @type {import("../../../library/library.js").Listing} */
const NOTHING = { path: "", total: 0, index: { state: "ready", media: 0, probed: 0 }, entries: [] };

/**
 * @typedef {import("../../route.js").Route} Route
 * @typedef {import("../../../library/library.js").Entry} Entry
 * @typedef {import("../../../library/library.js").Listing} Listing
 */

/** Loads into a list what a route shows: entries of the library, more while scrolling, or a link. */
export class EntryLoader {
  #parts;
  #watcher;
  note = build("div", { class: "note", role: "status" });
  end = build("div", { class: "end" });
  /** what the list shows @type {Route | null} */
  listed = null;
  /** the number of requests, to ignore the answers of earlier ones */
  #turn = 0;
  #total = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #looking = undefined;

  /**
   * @param {object} parts
   * @param {import("../../../connection/api.js").Api} parts.api
   * @param {import("../../../library/watched-list.js").WatchedList} parts.played
   * @param {import("../../../elements/view-element.js").Translate} parts.translate
   * @param {import("./entry-list.js").EntryList} parts.list
   * @param {() => Promise<unknown>} parts.ready resolves once rows can be shown where they stay
   * @param {(entries: Entry[]) => void} parts.loaded called when rows were added
   */
  constructor(parts) {
    this.#parts = parts;
    this.index = new IndexProgress(parts.translate);
    this.#watcher = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) void this.#grow();
      },
      { rootMargin: AHEAD },
    );
  }

  /** Check the index no more. */
  stop() {
    clearTimeout(this.#looking);
  }

  /**
   * Request entries from the server, and show them.
   *
   * @param {Route} route
   * @param {number} [rows] the least number to show
   */
  async load(route, rows = 0) {
    this.stop();
    this.#turn += 1;
    this.listed = route;
    const address = readAddress(route.search);
    if (address) this.#offer(address);
    else
      await this.#add(route, 0, Math.max(PAGE, rows), () => this.load(this.listed ?? route, rows));
  }

  /** Add the next rows. */
  async #grow() {
    const { listed } = this;
    const offset = this.#parts.list.rows.length;
    if (!listed || offset >= this.#total) return;
    // until the next rows are there
    this.#watcher.disconnect();
    await this.#add(listed, offset, PAGE, () => this.#grow());
  }

  /**
   * @param {Route} route
   * @param {number} offset
   * @param {number} count
   * @param {() => Promise<void>} retry
   */
  async #add(route, offset, count, retry) {
    const turn = this.#turn;
    try {
      const listing = await this.#ask(route, offset, count);
      await this.#parts.ready();
      if (turn === this.#turn) this.#take(listing, route, offset);
    } catch (error) {
      if (turn !== this.#turn) return;
      // a text that is too long, or of quotation marks alone, cannot be searched for
      if (route.search && error instanceof ApiError && error.code === "invalid_request")
        this.#take(NOTHING, route, 0);
      else this.#failed(error, retry);
    }
  }

  /**
   * @param {Route} route
   * @param {number} offset
   * @param {number} count
   * @returns {Promise<Listing>}
   */
  async #ask({ path, search, order }, offset, count) {
    if (order === "played" && !search) return this.#parts.played.list();
    const how = search
      ? { search }
      : { order: order === "added" ? order : /** @type {const} */ ("name") };
    return listPages((query) => this.#parts.api.list(query), { path, ...how }, offset, count);
  }

  /**
   * @param {Listing} listing
   * @param {Route} route
   * @param {number} offset
   */
  #take({ entries, total, index }, { order, search }, offset) {
    // a folder that shrinks while scrolling has no further rows
    this.#total = entries.length ? total : offset;
    this.#parts.list.keepFocus(() => {
      this.#parts.list.fill(entries, offset, order === "name" && search === "");
      // a hidden control cannot take the focus
      this.#parts.loaded(entries);
    });
    const empty = search ? "library.nothing_found" : "library.empty";
    this.note.textContent = this.#parts.list.rows.length ? "" : this.#parts.translate(empty);
    this.#progress(index);
    // the browser reports only changes
    this.#watcher.unobserve(this.end);
    if (this.#parts.list.rows.length < this.#total) this.#watcher.observe(this.end);
  }

  /**
   * Offer to play an address on the web, or the film that the server finds in a page.
   *
   * @param {string} address
   */
  #offer(address) {
    this.#draw({ source: address, title: "", duration: null });
    this.note.textContent = "";
    const isFilm = isMediumName(new URL(address).pathname) || isStream(readSource(address));
    if (!isFilm) void this.#find(address);
  }

  /** @param {{ source: string, title: string, duration: number | null }} found */
  #draw({ source, title, duration }) {
    this.#total = 1;
    const entry = { kind: /** @type {const} */ ("video"), path: source, source, title, duration };
    this.#parts.list.offer({ ...entry, year: null, thumbnail: null });
    this.#parts.loaded([]);
  }

  /** @param {string} address */
  async #find(address) {
    const turn = this.#turn;
    this.note.textContent = this.#parts.translate("library.finding");
    try {
      const found = await this.#parts.api.link(address);
      if (turn !== this.#turn) return;
      this.#draw(found);
      this.note.textContent = "";
    } catch (error) {
      if (turn === this.#turn) this.note.textContent = whyNoFilm(error, this.#parts.translate);
    }
  }

  /** @param {Listing["index"]} index */
  #progress(index) {
    if (this.index.show(index)) this.#lookLater();
  }

  #lookLater() {
    this.#looking = setTimeout(() => void this.#lookAgain(), INDEX_INTERVAL);
  }

  /** Request the progress of the index, and load the list again if it has grown. */
  async #lookAgain() {
    const { listed } = this;
    if (!listed) return;
    const turn = this.#turn;
    const listing = await this.#ask(listed, 0, 1).catch(() => null);
    if (turn !== this.#turn || !this.end.isConnected) return;
    if (!listing) {
      this.#lookLater();
      return;
    }
    const more = listing.total !== this.#total || listing.index.state === "ready";
    if (more) await this.load(listed, this.#parts.list.rows.length);
    else this.#progress(listing.index);
  }

  /**
   * @param {unknown} error
   * @param {() => Promise<void>} retry
   */
  #failed(error, retry) {
    const { text, detail } = describeError(error, this.#parts.translate);
    const again = build("button", { type: "button" }, this.#parts.translate("connection.retry"));
    again.addEventListener("click", () => {
      fill(this.note);
      void retry();
    });
    fill(this.note, build("p", {}, text), detail ? build("p", { class: "detail" }, detail) : null);
    this.note.append(again);
  }
}
