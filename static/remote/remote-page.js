/** The remote's page, which shows the view of a player. */

import { write } from "../elements/dom.js";
import { find } from "../elements/index.js";
import { feelFailure, feelPresses } from "./haptics.js";
import { Later } from "../page/later.js";
import { remoteNotice } from "../page/connection-notices.js";
import { Page } from "../page/page.js";
import { retryPicture } from "../elements/picture-retry.js";
import { permitted } from "./rights.js";

/**
 * @typedef {import("../connection/connection.js").Connection} Connection
 * @typedef {import("../elements/view-element.js").View} View
 * @typedef {import("../connection/player-view.js").PlayerView} PlayerView
 * @typedef {import("../connection/remote-player.js").RemotePlayer} RemotePlayer
 */

export class RemotePage extends Page {
  #activity;
  #about;
  #brief;
  #poster;
  #knownName;
  /** the role of the link */
  #role = "remote";
  /** Told what the page shows of the player. @type {(view: View) => void} */
  shown = () => {};

  /**
   * @param {Document} page
   * @param {import("../i18n/translate.js").Translate} translate
   */
  constructor(page, translate) {
    super(page, translate);
    this.#activity = find(page, "#activity", HTMLElement);
    this.#about = find(page, "#about", HTMLElement);
    this.#brief = find(page, "#brief-title", HTMLElement);
    this.#poster = find(page, "#poster", HTMLImageElement);
    this.#knownName = translate("remote.no_player");
  }

  /** @override */
  mount() {
    super.mount();
    this._page.title = this._translate("page.remote");
    retryPicture(this.#poster);
    feelPresses(this._page);
  }

  /** Show that no link was opened here yet. */
  showNoLink() {
    this._page.body.dataset.connection = "refused";
    this._name.textContent = this._translate("page.remote");
    this._notify({ kind: "act", text: "remote.no_link", problem: null, action: null }, () => {});
  }

  /** @override @param {unknown} error @param {string | null} [film] */
  tell(error, film) {
    super.tell(error, film);
    feelFailure();
  }

  /**
   * Show a picture of what plays; none if it is null or cannot be loaded.
   *
   * @param {string | null} address
   */
  #showPoster(address) {
    if (this.#poster.getAttribute("src") === address) return;
    this.#poster.toggleAttribute("hidden", true);
    if (address) this.#poster.src = address;
    else this.#poster.removeAttribute("src");
  }

  /**
   * Follow a player, and pass on requests to it.
   * @param {Connection} connection
   * @param {RemotePlayer} player
   */
  follow(connection, player) {
    const showRest = () => this.#showRest(connection, player);
    const rest = new Later(showRest);
    const showControls = () => {
      if (connection.session) this.#role = connection.session.role;
      this._show(this.#viewOf(player));
    };
    const show = () => {
      showControls();
      rest.ask();
    };
    connection.changed.listen(show);
    player.changed.listen(show);
    this.listen((procedure, parameters) => player.call(procedure, parameters));
    // everything in the page's first frame
    showControls();
    showRest();
  }

  /**
   * Show the player's last known name until it reports its name.
   * @param {string | null} name null if unknown
   */
  nameIfUnknown(name) {
    if (!name) return;
    if (this._name.textContent === this.#knownName) this._name.textContent = name;
    this.#knownName = name;
  }

  /**
   * @param {RemotePlayer} player
   * @returns {View}
   */
  #viewOf(player) {
    const { view } = player;
    return { state: this.#shown(view), live: view.live, position: () => player.position };
  }

  /**
   * Show everything except the controls, which come first.
   *
   * @param {Connection} connection
   * @param {RemotePlayer} player
   */
  #showRest(connection, player) {
    const { view } = player;
    const shown = this.#viewOf(player);
    const { state } = shown;
    const { dataset } = this._page.body;
    dataset.connection = connection.status;
    dataset.player = view.availability;
    dataset.live = String(view.live);
    dataset.playing = String(state !== null && state.playing);
    dataset.gestureRequired = String(state !== null && state.gesture_required);
    dataset.role = this.#role;
    const title = state ? state.title || this._translate("remote.nothing") : "";
    write(this._name, state ? state.name : this.#knownName);
    write(this._title, title);
    write(this.#brief, title);
    write(this.#about, state ? [state.artist, state.album].filter(Boolean).join(" · ") : "");
    this.#showPoster(state?.poster ?? null);
    write(this.#activity, state && view.live ? this._translate(activityKey(state)) : "");
    this.shown(shown);
    const notice = remoteNotice(connection.status, connection.problem, view, this.#role);
    this._notify(notice, () => connection.start());
  }

  /**
   * Return the view to show: a player that is off does not play, whatever its last state, and a
   * guest has fewer controls.
   *
   * @param {PlayerView} view
   */
  #shown({ availability, state }) {
    if (!state) return null;
    const playing = state.playing && availability !== "offline";
    return { ...state, playing, can: permitted(this.#role, state.can) };
  }
}

/**
 * @param {import("../protocol/player-state.js").PlayerState} state
 * @returns {import("../i18n/translate.js").Key}
 */
function activityKey({ playing, buffering, ended }) {
  if (ended) return "remote.ended";
  if (buffering) return "remote.buffering";
  return playing ? "remote.playing" : "remote.paused";
}
