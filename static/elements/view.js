/**
 * What the elements of both pages are given to show.
 *
 * @typedef {object} View
 * @property {import("../protocol/player-state.js").PlayerState | null} state as the player reported it
 * @property {boolean} live it holds now
 * @property {() => number} position where the medium is, in seconds
 *
 * @typedef {import("../i18n/translate.js").Translate} Translate
 */

import { News } from "../events/news.js";
import { PlayerRequest } from "../events/player-request.js";

/** Milliseconds until a request that has not been answered is shown to be on its way. */
const PENDING_AFTER = 150;

/**
 * The base of the elements: `mount` builds one, `show` lets it show a view; what the person wants
 * goes up as a PlayerRequest, and nothing is shown before the player has reported it.
 */
export class ViewElement extends HTMLElement {
  constructor() {
    super();
    /** @protected */
    this._requests = 0;
    /** @protected @type {Translate} */
    this._translate = (key) => key;
  }

  /**
   * Build the element, in the person's language.
   * @param {Translate} translate
   */
  mount(translate) {
    this._translate = translate;
  }

  /**
   * Show what the player reported.
   * @param {View} _view
   */
  show(_view) {}

  /**
   * Be open again, where the person was; resolve when there is that much to be seen.
   * @param {number} _rows how many rows were shown then
   * @returns {Promise<void>}
   */
  opened(_rows) {
    return Promise.resolve();
  }

  /** How many rows are shown, of a view whose list grows while one scrolls. */
  get rows() {
    return 0;
  }

  /**
   * Ask for `procedure`, and show that it is on its way as long as no answer has come.
   * @protected
   * @param {string} procedure
   * @param {Record<string, unknown>} [parameters]
   * @returns {Promise<boolean>} resolves when it has been answered: whether it was done
   */
  async _request(procedure, parameters = {}) {
    const request = new PlayerRequest(procedure, parameters);
    this._requests += 1;
    const timer = setTimeout(() => this.setAttribute("aria-busy", "true"), PENDING_AFTER);
    this.dispatchEvent(request);
    const done = await request.settled;
    clearTimeout(timer);
    this._requests -= 1;
    if (this._requests === 0) this.removeAttribute("aria-busy");
    return done;
  }

  /**
   * Tell the person something that is no error.
   * @protected
   * @param {string} text
   */
  _tell(text) {
    this.dispatchEvent(new News(text));
  }
}
