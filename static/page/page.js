/** The base of both pages: controls, requests, errors and the state of the connection. */

import { ConnectionBanner } from "../elements/connection-banner.js";
import { find, mountControls } from "../elements/index.js";
import { MessageToast } from "../elements/message-toast.js";
import { describeError, detailOf } from "../i18n/error-texts.js";
import { CallError } from "../protocol/errors.js";
import { listenToKeys } from "./device/keyboard.js";
import { News } from "../events/news.js";
import { listenFor } from "../events/page-event.js";
import { PlayerRequest } from "../events/player-request.js";

/**
 * @typedef {import("../i18n/translate.js").Translate} Translate
 */

export class Page {
  #banner;
  #toast;
  /** @type {import("../protocol/player-state.js").PlayerState | null} as it is shown */
  #state = null;
  /** @protected @type {(view: import("../elements/view-element.js").View) => void} */
  _show = () => {};

  /**
   * @param {Document} page
   * @param {Translate} translate
   */
  constructor(page, translate) {
    /** @protected */
    this._page = page;
    /** @protected */
    this._translate = translate;
    /** @protected */
    this._name = find(page, "#name", HTMLElement);
    /** @protected */
    this._title = find(page, "#title", HTMLElement);
    this.#banner = find(page, "connection-banner", ConnectionBanner);
    this.#toast = find(page, "message-toast", MessageToast);
  }

  /** Build the page, which shows nothing yet. */
  mount() {
    this.#banner.mount();
    this.#toast.mount();
    const show = mountControls(this._page, this._translate);
    this._show = (view) => {
      const { state } = view;
      if (this.#state && state) this.#follow(this.#state, state);
      this.#state = state;
      show(view);
    };
  }

  /**
   * Pass on requests to `call`, and show their errors.
   * @param {(procedure: string, parameters: Record<string, unknown>) => Promise<unknown>} call
   */
  listen(call) {
    listenFor(this._page, PlayerRequest, (event) => {
      const answer = call(event.procedure, event.parameters);
      // what is refused leaves this film, or lets it return
      const film = this.#state?.source;
      answer.catch((error) => this.tell(error, film));
      event.respondWith(answer);
    });
    listenFor(this._page, News, ({ text }) => this.inform(text));
    listenToKeys(this._page, () => this.#state);
  }

  /**
   * Show an error.
   * @param {unknown} error
   * @param {string | null} [film] the film with which it stays
   */
  tell(error, film) {
    const { text, detail } = describeError(error, this._translate);
    this.#toast.tell(text, detail, "error", { film });
  }

  /**
   * Show a message that is not an error.
   * @param {string} text
   */
  inform(text) {
    this.#toast.tell(text, "", "news");
  }

  /**
   * Show new errors in the visible view, and remove old ones.
   *
   * @param {import("../protocol/player-state.js").PlayerState} earlier
   * @param {import("../protocol/player-state.js").PlayerState} state
   */
  #follow(earlier, { source, error, stream = null, skipped = null }) {
    if (source !== earlier.source) this.#toast.filmChanged(source);
    if (stream?.reason === "silent" && !same(stream, earlier.stream)) {
      this.inform(this._translate("player.unheard", { codec: stream.codec ?? "" }));
    }
    if (skipped && !same(skipped, earlier.skipped)) {
      const { text, detail } = describeError(callError(skipped.error), this._translate);
      const { title } = skipped;
      // a film that has ended too early
      const stays = skipped.source === source;
      const words = stays ? text : this._translate("queue.skipped", { title, problem: text });
      this.#toast.tell(words, detail, "error", { lasting: true });
    } else if (error && !same(error, earlier.error)) this.tell(callError(error));
  }

  /**
   * Show the state of the connection.
   * @protected
   * @param {import("./connection-notices.js").NoticeKeys} notice
   * @param {() => void} act the handler of its action
   */
  _notify({ kind, text, problem, action }, act) {
    this.#banner.tell({
      kind,
      text: this._translate(text),
      detail: problem ? detailOf(problem, this._translate) : "",
      ...(action ? { action: { label: this._translate(action), act } } : {}),
    });
  }
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** @param {import("../protocol/player-state.js").Problem} problem */
function callError({ code, message, reason = "" }) {
  return new CallError(code, message, reason);
}
