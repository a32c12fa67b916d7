/** The remote's page: shows the view of a player. */

import { find } from "./elements/index.js";
import { feelFailure, feelPresses } from "./haptics.js";
import { remoteNotice } from "./notices.js";
import { Page } from "./page.js";
import { retryPicture } from "./picture_retry.js";
import { permitted } from "./remote_rights.js";

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./elements/view.js").View} View
 * @typedef {import("./player_view.js").PlayerView} PlayerView
 * @typedef {import("./remote_player.js").RemotePlayer} RemotePlayer
 */

export class RemotePage extends Page {
  /**
   * @param {Document} page
   * @param {import("./translate.js").Translate} translate
   */
  constructor(page, translate) {
    super(page, translate);
    /** @private */
    this._activity = find(page, "#activity", HTMLElement);
    /** @private */
    this._brief = find(page, "#brief-title", HTMLElement);
    /** @private */
    this._poster = find(page, "#poster", HTMLImageElement);
    /** @private */
    this._knownName = translate("remote.no_player");
    /** @private what the link lets the person do, as the server told it */
    this._role = "remote";
    /** Told what the page shows of the player. @type {(view: View) => void} */
    this.shown = () => {};
  }

  /** @override */
  mount() {
    super.mount();
    this._page.title = this._translate("page.remote");
    retryPicture(this._poster);
    feelPresses(this._page);
  }

  /** Say that no link was ever opened here. */
  showNoLink() {
    this._page.body.dataset.connection = "refused";
    this._name.textContent = this._translate("page.remote");
    this._notify({ kind: "act", text: "remote.no_link", detail: "", action: null }, () => {});
  }

  /** @override @param {unknown} error */
  tell(error) {
    super.tell(error);
    feelFailure();
  }

  /**
   * Show a picture of what plays; none if it is null, or cannot be had.
   * @private
   * @param {string | null} address
   */
  _showPoster(address) {
    if (this._poster.getAttribute("src") === address) return;
    this._poster.toggleAttribute("hidden", true);
    if (address) this._poster.src = address;
    else this._poster.removeAttribute("src");
  }

  /**
   * Follow a player, and pass on to it what the person asks.
   * @param {Connection} connection
   * @param {RemotePlayer} player
   */
  follow(connection, player) {
    const show = () => this._follow(connection, player);
    connection.changed.listen(show);
    player.changed.listen(show);
    this.listen((procedure, parameters) => player.call(procedure, parameters));
    show();
  }

  /**
   * Show what the player was called last time, until it says what it is called.
   * @param {string | null} name null if it was never seen
   */
  nameIfUnknown(name) {
    if (!name) return;
    if (this._name.textContent === this._knownName) this._name.textContent = name;
    this._knownName = name;
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
    if (connection.session) this._role = connection.session.role;
    dataset.connection = connection.status;
    dataset.player = view.availability;
    dataset.live = String(view.live);
    dataset.playing = String(state !== null && state.playing);
    dataset.gestureRequired = String(state !== null && state.gesture_required);
    dataset.role = this._role;
    this._name.textContent = state ? state.name : this._knownName;
    this._title.textContent = state ? state.title || this._translate("remote.nothing") : "";
    this._brief.textContent = this._title.textContent;
    this._showPoster(state && state.poster);
    this._activity.textContent = state && view.live ? this._translate(activityKey(state)) : "";
    const shown = { state, live: view.live, position: () => player.position };
    this._show(shown);
    this.shown(shown);
    const notice = remoteNotice(connection.status, connection.problem, view, this._role);
    this._notify(notice, () => connection.start());
  }

  /**
   * Return what is to be shown: a player that is off does not play, whatever it said last, and a
   * guest has few controls.
   * @private
   * @param {PlayerView} view
   */
  _shown({ availability, state }) {
    if (!state) return null;
    const playing = state.playing && availability !== "offline";
    return { ...state, playing, can: permitted(this._role, state.can) };
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
