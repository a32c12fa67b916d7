import { Presence } from "../presence.js";
import { writeLink } from "../links.js";
import { build, fill } from "../../elements/dom.js";
import { viewIcon } from "./view-icons.js";

/**
 * @typedef {import("../links.js").RemoteLink} RemoteLink
 * @typedef {import("../views.js").Surroundings} Surroundings
 * @typedef {import("../../i18n/translate.js").Key} Key
 */

/** @type {Record<import("../presence.js").Present["availability"], Key>} */
const TEXTS = {
  unknown: "players.unknown",
  online: "players.on",
  offline: "players.off",
  refused: "players.refused",
};

/** The players that this phone knows: each a link to its remote, and whether it is on. */
export class PlayerList {
  /** @param {Surroundings} surroundings */
  constructor({ translate, links, link, connect }) {
    /** @private */
    this._translate = translate;
    /** @private */
    this._links = links;
    /** @private */
    this._followed = link;
    /** @private */
    this._presence = new Presence(connect);
    /** @private @type {import("../../elements/view.js").View | null} */
    this._view = null;
    /** @private */
    this._drawn = "";
    this.element = build("ul", { class: "rows players" });
    this._presence.changed.listen(() => this._draw());
  }

  /** Find out which players are on, until `stop`. */
  start() {
    const others = this._links.known().filter(({ id }) => id !== this._followed.id);
    this._presence.follow(others);
    this._draw();
  }

  /** Disconnect from the others. */
  stop() {
    this._presence.stop();
  }

  /**
   * Show what is known of the player that is followed.
   * @param {import("../../elements/view.js").View} view
   */
  show(view) {
    this._view = view;
    this._draw();
  }

  /** @private */
  _draw() {
    const known = this._links.known().map((link) => ({ link, ...this._of(link) }));
    const drawn = JSON.stringify(known);
    if (drawn === this._drawn) return;
    this._drawn = drawn;
    fill(this.element, ...known.map((player) => this._row(player)));
  }

  /**
   * @private
   * @param {RemoteLink} link
   */
  _of({ id }) {
    const remembered = this._links.nameOf(id) || this._translate("remote.no_player");
    if (id === this._followed.id) {
      const { live = false, state = null } = this._view || {};
      const status = this._translate(live ? "players.on" : "players.unknown");
      return {
        current: true,
        kind: live ? "online" : "unknown",
        status,
        name: state ? state.name : remembered,
      };
    }
    const { availability, name, title } = this._presence.of(id);
    if (name) this._links.name(id, name);
    const status = this._translate(TEXTS[availability]);
    const plays = availability === "online" && title ? ` · ${title}` : "";
    return { current: false, kind: availability, status: status + plays, name: name || remembered };
  }

  /**
   * @private
   * @param {{ link: RemoteLink, current: boolean, kind: string, status: string, name: string }} player
   */
  _row({ link, current, kind, status, name }) {
    const open = build(
      "a",
      { class: "main", href: `remote${writeLink(link)}` },
      build("span", { class: `dot ${kind}`, "aria-hidden": "true" }),
      build(
        "span",
        { class: "words" },
        build("span", { class: "name" }, name),
        build("span", { class: "about" }, status),
      ),
    );
    const row = build("li", { class: "row" }, open);
    if (current) {
      open.setAttribute("aria-current", "true");
      return row;
    }
    const label = this._translate("players.forget", { name });
    const forget = build("button", { type: "button", class: "tool", "aria-label": label });
    forget.title = label;
    forget.append(viewIcon("close"));
    forget.addEventListener("click", () => {
      this._links.forget(link);
      this.start();
    });
    row.append(forget);
    return row;
  }
}
