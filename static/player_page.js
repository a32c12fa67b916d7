/** The player's page: the picture, the card with the code, the controls, and what it says. */

import { Activity } from "./activity.js";
import { ConnectionBanner } from "./elements/connection-banner.js";
import { FullscreenButton } from "./elements/fullscreen-button.js";
import { find, mountControls } from "./elements/index.js";
import { MessageToast } from "./elements/message-toast.js";
import { QrCard } from "./elements/qr-card.js";
import { ScreenMessage } from "./elements/screen-message.js";
import { StartOverlay } from "./elements/start-overlay.js";
import { TakeoverNotice } from "./elements/takeover-notice.js";
import { describeError } from "./error_texts.js";
import { listenToKeys } from "./keyboard.js";
import { playerNotice } from "./notices.js";
import { PlayerRequest } from "./player_request.js";

/** The elements that only this page has. */
export const PLAYER_ELEMENTS = {
  "fullscreen-button": FullscreenButton,
  "qr-card": QrCard,
  "screen-message": ScreenMessage,
  "start-overlay": StartOverlay,
  "takeover-notice": TakeoverNotice,
};

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./player_state.js").PlayerState} PlayerState
 * @typedef {import("./translate.js").Translate} Translate
 */

export class PlayerPage {
  /**
   * @param {Document} page
   * @param {Translate} translate
   */
  constructor(page, translate) {
    /** @private */
    this._page = page;
    /** @private */
    this._translate = translate;
    /** @private */
    this._banner = find(page, "connection-banner", ConnectionBanner);
    /** @private */
    this._toast = find(page, "message-toast", MessageToast);
    /** @private */
    this._name = find(page, "#name", HTMLElement);
    /** @private */
    this._title = find(page, "#title", HTMLElement);
    /** @private */
    this._start = find(page, "start-overlay", StartOverlay);
    /** @private */
    this._takeover = find(page, "takeover-notice", TakeoverNotice);
    /** @private */
    this._message = find(page, "screen-message", ScreenMessage);
    /** @private */
    this._fullscreen = find(page, "fullscreen-button", FullscreenButton);
    /** @private */
    this._activity = new Activity(page);
    /** @private @type {(view: import("./elements/view.js").View) => void} */
    this._show = () => {};
    this.video = find(page, "video", HTMLVideoElement);
    this.card = find(page, "qr-card", QrCard);
  }

  /** Build the page; it shows nothing yet. */
  mount() {
    this._banner.mount();
    this._toast.mount();
    this._start.mount(this._translate);
    this._takeover.mount(this._translate);
    this._message.mount();
    this._fullscreen.mount(this._translate);
    this.card.mount(this._translate);
    this._show = mountControls(this._page, this._translate);
    this._page.title = this._translate("page.player");
    this._activity.changed.listen((present) => {
      this._page.body.dataset.present = String(present);
    });
    this._activity.start();
    this._fullscreen.addEventListener("fullscreentoggle", () => void this._toggleFullscreen());
  }

  /** Whether the page fills the screen. */
  get fullscreen() {
    return this._page.fullscreenElement !== null;
  }

  /**
   * Pass on what the person at the player asks, by `call`.
   * @param {(procedure: string, parameters: Record<string, unknown>) => Promise<unknown>} call
   */
  listen(call) {
    this._page.addEventListener(PlayerRequest.type, (event) => {
      if (!(event instanceof PlayerRequest)) return;
      const answer = call(event.procedure, event.parameters);
      answer.catch((error) => this.tell(error));
      event.respondWith(answer);
    });
    listenToKeys(this._page);
    let wasPresent = true;
    this.video.addEventListener("pointerdown", () => {
      wasPresent = this._page.body.dataset.present !== "false";
    });
    // A finger's first touch only brings the controls back.
    this.video.addEventListener("click", () => {
      if (wasPresent) this.video.dispatchEvent(new PlayerRequest("toggle"));
    });
  }

  /**
   * @param {PlayerState} state
   * @param {() => number} position
   */
  show(state, position) {
    const { dataset } = this._page.body;
    dataset.playing = String(state.playing);
    dataset.gestureRequired = String(state.gesture_required);
    this._name.textContent = state.name;
    this._title.textContent = state.title || this._translate("remote.nothing");
    this._start.show(state.gesture_required);
    this._show({ state, live: true, position });
  }

  /** @param {Connection} connection */
  showConnection(connection) {
    this._page.body.dataset.connection = connection.status;
    this._takeover.show(connection.status === "taken-over");
    const notice = playerNotice(connection.status, connection.problem);
    const { action } = notice;
    this._banner.tell({
      kind: notice.kind,
      text: this._translate(notice.text),
      detail: notice.detail,
      ...(action
        ? { action: { label: this._translate(action), act: () => connection.start() } }
        : {}),
    });
  }

  /** @param {() => void} takeBack */
  onTakeBack(takeBack) {
    this._takeover.addEventListener("takeback", takeBack);
  }

  /**
   * Show a text over the picture.
   * @param {string} text
   * @param {number} seconds
   */
  showMessage(text, seconds) {
    this._message.tell(text, seconds);
  }

  /**
   * Tell the person at the player of an error.
   * @param {unknown} error
   */
  tell(error) {
    const { text, detail } = describeError(error, this._translate);
    this._toast.tell(text, detail);
  }

  /** Say that the old code is worth nothing any more. */
  tellNewCode() {
    this._toast.tell(this._translate("player.new_code_made"));
  }

  /** @private */
  async _toggleFullscreen() {
    try {
      if (this.fullscreen) await this._page.exitFullscreen();
      else await this._page.documentElement.requestFullscreen();
    } catch (error) {
      this.tell(error);
    }
  }
}
