/** The remote's page: shows the view of a player, and passes on what the person asks. */

import { ConnectionBanner } from "./elements/connection-banner.js";
import { find, mountControls } from "./elements/index.js";
import { MessageToast } from "./elements/message-toast.js";
import { describeError } from "./error_texts.js";
import { listenToKeys } from "./keyboard.js";
import { remoteNotice } from "./notices.js";
import { PlayerRequest } from "./player_request.js";

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./remote_player.js").RemotePlayer} RemotePlayer
 * @typedef {import("./translate.js").Translate} Translate
 */

export class RemotePage {
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
    this._title = find(page, "#title", HTMLElement);
    /** @private */
    this._name = find(page, "#name", HTMLElement);
    /** @private */
    this._activity = find(page, "#activity", HTMLElement);
    /** @private @type {(view: import("./elements/view.js").View) => void} */
    this._show = () => {};
    /** @private */
    this._knownName = translate("remote.no_player");
    /** What the link lets the person do, as the server told it. */
    this.role = "remote";
  }

  /** Build the page; it shows nothing yet. */
  mount() {
    this._banner.mount();
    this._toast.mount();
    this._show = mountControls(this._page, this._translate);
    this._page.title = this._translate("page.remote");
  }

  /** Say that no link was ever opened here. */
  showNoLink() {
    this._page.body.dataset.connection = "refused";
    this._name.textContent = this._translate("page.remote");
    this._banner.tell({ kind: "act", text: this._translate("remote.no_link") });
  }

  /**
   * Follow a player, and pass on to it what the person asks.
   * @param {Connection} connection
   * @param {RemotePlayer} player
   * @param {string | null} name what the player was called last time
   */
  follow(connection, player, name) {
    if (name) this._knownName = name;
    const show = () => this._follow(connection, player);
    connection.changed.listen(show);
    player.changed.listen(show);
    this._page.addEventListener(PlayerRequest.type, (event) => {
      if (!(event instanceof PlayerRequest)) return;
      const answer = player.call(event.procedure, event.parameters);
      answer.catch((error) => this._tell(error));
      event.respondWith(answer);
    });
    listenToKeys(this._page);
    show();
  }

  /**
   * @private
   * @param {Connection} connection
   * @param {RemotePlayer} player
   */
  _follow(connection, player) {
    const { view } = player;
    const state = this._shown(view);
    const { dataset } = this._page.body;
    dataset.connection = connection.status;
    dataset.player = view.availability;
    dataset.live = String(view.live);
    dataset.playing = String(state !== null && state.playing);
    dataset.gestureRequired = String(state !== null && state.gesture_required);
    this._name.textContent = state ? state.name : this._knownName;
    this._title.textContent = (state && state.title) || this._translate("remote.nothing");
    this._activity.textContent = state && view.live ? this._translate(activityKey(state)) : "";
    this._show({ state, live: view.live, position: () => player.position });
    const notice = remoteNotice(connection.status, connection.problem, view, this.role);
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

  /**
   * Return what is to be shown: a player that is off does not play, whatever it said last, and a
   * guest has no controls.
   * @private
   * @param {import("./player_view.js").PlayerView} view
   */
  _shown({ availability, state }) {
    if (!state) return null;
    const playing = state.playing && availability !== "offline";
    return { ...state, playing, can: this.role === "guest" ? [] : state.can };
  }

  /**
   * @private
   * @param {unknown} error
   */
  _tell(error) {
    const { text, detail } = describeError(error, this._translate);
    this._toast.tell(text, detail);
  }
}

/**
 * @param {import("./player_state.js").PlayerState} state
 * @returns {import("./translate.js").Key}
 */
function activityKey({ playing, buffering, ended }) {
  if (ended) return "remote.ended";
  if (buffering) return "remote.buffering";
  return playing ? "remote.playing" : "remote.paused";
}
