/** The player's page: the picture, the card with the code, the controls and the notices. */

import { Activity } from "../page/device/activity.js";
import { build, write } from "../elements/dom.js";
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
import { playerNotice } from "../page/connection-notices.js";
import { importLate } from "../events/late-import.js";
import { Page } from "../page/page.js";
import { SubtitleLift } from "./subtitle-lift.js";
import { listenFor } from "../events/page-event.js";
import { SettingsClosed, SettingsToggle } from "../events/player-controls.js";
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
  #start;
  #takeover;
  #message;
  #fullscreen;
  #settings;
  /** @type {Promise<import("./elements/player-panel.js").PlayerPanel> | null} */
  #panel = null;
  /** @type {import("../elements/view-element.js").View | null} */
  #view = null;
  #activity;

  /**
   * @param {Document} page
   * @param {import("../i18n/translate.js").Translate} translate
   */
  constructor(page, translate) {
    super(page, translate);
    this.#start = find(page, "start-overlay", StartOverlay);
    this.#takeover = find(page, "takeover-notice", TakeoverNotice);
    this.#message = find(page, "screen-message", ScreenMessage);
    this.#fullscreen = find(page, "fullscreen-button", FullscreenButton);
    this.#settings = find(page, "panel-button", PanelButton);
    this.#activity = new Activity(page);
    this.lift = new SubtitleLift(find(page, "main", HTMLElement));
    this.picture = find(page, "picture-button", PictureButton);
    this.video = find(page, "video", HTMLVideoElement);
    this.card = find(page, "qr-card", QrCard);
  }

  /** @override */
  mount() {
    super.mount();
    this.#start.mount(this._translate);
    this.#takeover.mount(this._translate);
    this.#message.mount();
    this.#fullscreen.mount(this._translate);
    this.#settings.mount(this._translate);
    this.picture.mount(this._translate);
    this.card.mount(this._translate);
    this._page.title = this._translate("page.player");
    this.lift.start();
    this.#activity.changed.listen((present) => {
      this._page.body.dataset.present = String(present);
    });
    this.#activity.start();
    this.#listenToPicture();
  }

  /**
   * @param {PlayerState} state
   * @param {() => number} position
   */
  show(state, position) {
    const { dataset } = this._page.body;
    // after a start from a phone, the title shows for a while
    if (state.playing && dataset.playing !== "true") this.#activity.note();
    dataset.playing = String(state.playing);
    dataset.gestureRequired = String(state.gesture_required);
    write(this._name, state.name);
    write(this._title, state.title || this._translate("remote.nothing"));
    this.#start.show(state.gesture_required);
    this.#view = { state, live: true, position };
    this._show(this.#view);
    void this.#refreshPanel();
  }

  /** @param {Connection} connection */
  showConnection(connection) {
    this._page.body.dataset.connection = connection.status;
    this.#takeover.show(connection.status === "taken-over");
    this._notify(playerNotice(connection.status, connection.problem), () => connection.start());
  }

  /**
   * Show that the player waits to be let in, and its code.
   * @param {string} code
   */
  showWaiting(code) {
    this.card.showWaiting(code);
    const words = /** @type {const} */ ({ kind: "act", text: "player.waiting" });
    this._notify({ ...words, problem: null, action: null }, () => {});
  }

  /**
   * Offer to move the film back to the other player.
   * @param {string} name
   * @param {() => Promise<void>} go
   */
  offerWayBack(name, go) {
    const words = this._translate("move.back", { name });
    const button = build("button", { type: "button", class: "way-back" }, words);
    button.addEventListener("click", () => {
      button.disabled = true;
      go()
        .catch((error) => this.tell(error))
        .finally(() => (button.disabled = false));
    });
    find(this._page, ".stage", HTMLElement).append(button);
    // the phone has a remote already, and on a small phone the card would cover the button
    this.card.toggleAttribute("spare", true);
  }

  /**
   * Show a text over the picture.
   * @param {string} text
   * @param {number} seconds
   */
  showMessage(text, seconds) {
    this.#message.tell(text, seconds);
  }

  /**
   * Set the size of subtitles.
   * @param {number} percent of the usual size
   */
  resizeSubtitles(percent) {
    this.video.style.setProperty("--subtitle-size", String(percent / 100));
  }

  /**
   * Offer the player's settings, which are loaded when they are opened.
   * @param {import("./elements/visitor-list.js").Doorkeeper} doorkeeper
   */
  offerSettings(doorkeeper) {
    listenFor(this.#settings, SettingsToggle, () => {
      this.#panel ??= this.#buildPanel(doorkeeper);
      this.#panel.then(
        (panel) => (panel.isOpen ? panel.close() : panel.open()),
        (error) => {
          this.#panel = null;
          this.tell(error);
        },
      );
    });
  }

  /** Show that the old code is no longer valid. */
  tellNewCode() {
    this.inform(this._translate("player.new_code_made"));
  }

  /** @param {import("./elements/visitor-list.js").Doorkeeper} doorkeeper */
  async #buildPanel(doorkeeper) {
    const address = new URL("./elements/player-panel.js", import.meta.url).href;
    const { create } = await importLate(() => import("./elements/player-panel.js"), address);
    const panel = create(this._translate, doorkeeper, (error) => this.tell(error));
    listenFor(panel, SettingsClosed, () => this.#settings.focus());
    find(this._page, "main", HTMLElement).append(panel);
    if (this.#view) panel.show(this.#view);
    return panel;
  }

  async #refreshPanel() {
    const panel = await this.#panel?.catch(() => null);
    if (panel && this.#view) panel.show(this.#view);
  }

  /**
   * A click on the picture plays or pauses; a first touch only shows the controls.
   */
  #listenToPicture() {
    let wasPresent = true;
    // runs before the activity is noted, whose listener is on an outer element
    this.video.addEventListener("pointerdown", () => {
      wasPresent = this.#activity.present;
    });
    this.video.addEventListener("click", () => {
      if (wasPresent) this.video.dispatchEvent(new PlayerRequest("toggle"));
    });
  }
}
