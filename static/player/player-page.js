/** The player's page: the picture, the card with the code, the controls, and what it says. */

import { Activity } from "../page/activity.js";
import { write } from "../elements/dom.js";
import { FullscreenButton } from "./elements/fullscreen-button.js";
import { find } from "../elements/index.js";
import { MusicView } from "./elements/music-view.js";
import { NowPlaying } from "./elements/now-playing.js";
import { PanelButton } from "./elements/panel-button.js";
import { PictureButton } from "./elements/picture-button.js";
import { QrCard } from "./elements/qr-card.js";
import { ScreenMessage } from "./elements/screen-message.js";
import { StartOverlay } from "./elements/start-overlay.js";
import { TakeoverNotice } from "./elements/takeover-notice.js";
import { playerNotice } from "../page/notices.js";
import { Page } from "../page/page.js";
import { PlayerRequest } from "../events/player-request.js";

/** The elements that only this page has. */
export const PLAYER_ELEMENTS = {
  "fullscreen-button": FullscreenButton,
  "music-view": MusicView,
  "now-playing": NowPlaying,
  "panel-button": PanelButton,
  "picture-button": PictureButton,
  "qr-card": QrCard,
  "screen-message": ScreenMessage,
  "start-overlay": StartOverlay,
  "takeover-notice": TakeoverNotice,
};

/**
 * @typedef {import("../connection/connection.js").Connection} Connection
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
 */

export class PlayerPage extends Page {
  /**
   * @param {Document} page
   * @param {import("../i18n/translate.js").Translate} translate
   */
  constructor(page, translate) {
    super(page, translate);
    /** @private */
    this._start = find(page, "start-overlay", StartOverlay);
    /** @private */
    this._takeover = find(page, "takeover-notice", TakeoverNotice);
    /** @private */
    this._message = find(page, "screen-message", ScreenMessage);
    /** @private */
    this._fullscreen = find(page, "fullscreen-button", FullscreenButton);
    /** @private */
    this._settings = find(page, "panel-button", PanelButton);
    /** @private @type {Promise<import("./elements/player-panel.js").PlayerPanel> | null} */
    this._panel = null;
    /** @private @type {import("../elements/view.js").View | null} */
    this._view = null;
    /** @private */
    this._activity = new Activity(page);
    this.picture = find(page, "picture-button", PictureButton);
    this.video = find(page, "video", HTMLVideoElement);
    this.card = find(page, "qr-card", QrCard);
  }

  /** @override */
  mount() {
    super.mount();
    this._start.mount(this._translate);
    this._takeover.mount(this._translate);
    this._message.mount();
    this._fullscreen.mount(this._translate);
    this._settings.mount(this._translate);
    this.picture.mount(this._translate);
    this.card.mount(this._translate);
    this._page.title = this._translate("page.player");
    this._activity.changed.listen((present) => {
      this._page.body.dataset.present = String(present);
    });
    this._activity.start();
    this._fullscreen.addEventListener("fullscreentoggle", () => {
      this._fullscreen.dispatchEvent(new PlayerRequest("fullscreen"));
    });
    this._listenToPicture();
  }

  /**
   * @param {PlayerState} state
   * @param {() => number} position
   */
  show(state, position) {
    const { dataset } = this._page.body;
    // Whoever plays from a phone sees what begins, before the picture is left alone.
    if (state.playing && dataset.playing !== "true") this._activity.note();
    dataset.playing = String(state.playing);
    dataset.gestureRequired = String(state.gesture_required);
    write(this._name, state.name);
    write(this._title, state.title || this._translate("remote.nothing"));
    this._start.show(state.gesture_required);
    this._view = { state, live: true, position };
    this._show(this._view);
    void this._refreshPanel();
  }

  /** @param {Connection} connection */
  showConnection(connection) {
    this._page.body.dataset.connection = connection.status;
    this._takeover.show(connection.status === "taken-over");
    this._notify(playerNotice(connection.status, connection.problem), () => connection.start());
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
   * Let subtitles be this large.
   * @param {number} percent of the usual size
   */
  resizeSubtitles(percent) {
    this.video.style.setProperty("--subtitle-size", String(percent / 100));
  }

  /**
   * Offer what is set at the player itself; its part of the page is loaded when it is wanted.
   * @param {import("./elements/visitor-list.js").Doorkeeper} doorkeeper
   */
  offerSettings(doorkeeper) {
    this._settings.addEventListener("panelwanted", () => {
      this._panel = this._panel || this._buildPanel(doorkeeper);
      this._panel.then(
        (panel) => (panel.isOpen ? panel.close() : panel.open()),
        (error) => {
          this._panel = null;
          this.tell(error);
        },
      );
    });
  }

  /** Say that the old code is worth nothing any more. */
  tellNewCode() {
    this.inform(this._translate("player.new_code_made"));
  }

  /**
   * @private
   * @param {import("./elements/visitor-list.js").Doorkeeper} doorkeeper
   */
  async _buildPanel(doorkeeper) {
    const { create } = await import("./elements/player-panel.js");
    const panel = create(this._translate, doorkeeper, (error) => this.tell(error));
    panel.addEventListener("panelclosed", () => this._settings.focus());
    find(this._page, "main", HTMLElement).append(panel);
    if (this._view) panel.show(this._view);
    return panel;
  }

  /** @private */
  async _refreshPanel() {
    const panel = await (this._panel || Promise.resolve(null)).catch(() => null);
    if (panel && this._view) panel.show(this._view);
  }

  /**
   * A click on the picture plays or pauses; a finger's first touch only brings the controls back.
   * @private
   */
  _listenToPicture() {
    let wasPresent = true;
    // Before the activity is noted: it listens further out.
    this.video.addEventListener("pointerdown", () => {
      wasPresent = this._activity.present;
    });
    this.video.addEventListener("click", () => {
      if (wasPresent) this.video.dispatchEvent(new PlayerRequest("toggle"));
    });
  }
}
