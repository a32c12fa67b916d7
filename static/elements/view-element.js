/**
 * What the elements of both pages show.
 *
 * @typedef {object} View
 * @property {import("../protocol/player-state.js").PlayerState | null} state as the player reported it
 * @property {boolean} live whether the state is current
 * @property {() => number} position in seconds
 *
 * @typedef {import("../i18n/translate.js").Translate} Translate
 */

import { News } from "../events/news.js";
import { PlayerRequest } from "../events/player-request.js";

/** Milliseconds until a request without an answer is shown as pending. */
const PENDING_AFTER = 150;

/**
 * The base of the elements: `mount` builds one, `show` shows a view. Actions go up as a
 * PlayerRequest, and nothing is shown before the player has reported it.
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
   * Build the element, in the user's language.
   * @param {Translate} translate
   */
  mount(translate) {
    this._translate = translate;
  }

  /**
   * Show a view.
   * @param {View} _view
   */
  show(_view) {}

  /**
   * Open again at the earlier place; resolve once there are enough rows.
   * @param {number} _rows the number of rows shown then
   * @returns {Promise<void>}
   */
  opened(_rows) {
    return Promise.resolve();
  }

  /** The number of rows, of a view whose list grows while scrolling. */
  get rows() {
    return 0;
  }

  /** Pixels from the top of the page to those rows: they change with what the player can do. */
  get start() {
    return 0;
  }

  /**
   * Request `procedure`, and show it as pending until there is an answer.
   * @protected
   * @param {string} procedure
   * @param {Record<string, unknown>} [parameters]
   * @returns {Promise<boolean>} resolves with whether it succeeded
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
   * Show a message that is not an error.
   * @protected
   * @param {string} text
   */
  _tell(text) {
    this.dispatchEvent(new News(text));
  }
}
