import { describeError } from "../../i18n/error-texts.js";
import { move } from "../../playback/move.js";
import { OtherPlayer } from "../../connection/other-player.js";
import { openContinuedPlayer } from "../../page/continued-player.js";
import { Store } from "../../page/store.js";
import { Presence } from "../presence.js";
import { writeLink } from "../../connection/links.js";
import { build, fill } from "../../elements/dom.js";
import { viewIcon } from "./view-icons.js";

/**
 * @typedef {import("../../connection/links.js").RemoteLink} RemoteLink
 * @typedef {import("../navigation.js").Surroundings} Surroundings
 * @typedef {import("../../i18n/translate.js").Key} Key
 */

/** @type {Record<import("../presence.js").Present["availability"], Key>} */
const TEXTS = {
  unknown: "players.unknown",
  online: "players.on",
  offline: "players.off",
  refused: "players.refused",
};

/** The players that this phone knows, each with its status and a link to its remote. */
export class PlayerList {
  #translate;
  #links;
  #followed;
  /** the player is this browser's own */
  #isHere;
  #presence;
  /** @type {import("../../elements/view-element.js").View | null} */
  #view = null;
  #drawn = "";
  #connect;
  #call;
  #tell;
  /** something is being moved */
  #moving = false;
  element = build("ul", { class: "rows players" });

  /**
   * @param {Surroundings} surroundings
   * @param {(text: string) => void} tell shows a message
   */
  constructor({ translate, links, link, connect, call }, tell) {
    this.#connect = connect;
    this.#call = call;
    this.#tell = tell;
    this.#translate = translate;
    this.#links = links;
    this.#followed = link;
    this.#isHere = new Store("zapette.player", () => localStorage).get("id") === link.id;
    this.#presence = new Presence(connect);
    this.#presence.changed.listen(() => this.#draw());
  }

  /** Follow the status of the players, until `stop`. */
  start() {
    const others = this.#links.known().filter(({ id }) => id !== this.#followed.id);
    this.#presence.follow(others);
    this.#draw();
  }

  /** Disconnect from the others. */
  stop() {
    this.#presence.stop();
  }

  /**
   * Show the view of the followed player.
   * @param {import("../../elements/view-element.js").View} view
   */
  show(view) {
    this.#view = view;
    this.#draw();
  }

  #draw() {
    const known = this.#links.known().map((link) => ({ link, ...this.#of(link) }));
    const drawn = JSON.stringify([known, this.#movable, this.#moving]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    fill(this.element, ...known.map((player) => this.#row(player)));
    if (this.#movable && !this.#isHere) this.element.append(this.#hereRow());
  }

  /** The row for continuing on this device, whose tab becomes a player. */
  #hereRow() {
    const words = build("span", { class: "words" });
    words.append(build("span", { class: "name" }, this.#translate("move.here")));
    const go = build("button", { type: "button", class: "main" }, viewIcon("cast"), words);
    go.disabled = this.#moving;
    go.addEventListener("click", () => {
      const continued = openContinuedPlayer();
      continued.set("done", undefined);
      continued.set("name", this.#of(this.#followed).name);
      continued.set("link", writeLink(this.#followed));
      location.assign(".");
    });
    return build("li", { class: "row" }, go);
  }

  /** @param {RemoteLink} link */
  #of({ id }) {
    const remembered = this.#links.nameOf(id) || this.#translate("remote.no_player");
    if (id === this.#followed.id) {
      const { live = false, state = null } = this.#view || {};
      const status = this.#translate(live ? "players.on" : "players.unknown");
      return {
        current: true,
        kind: live ? "online" : "unknown",
        status,
        name: state ? state.name : remembered,
      };
    }
    const { availability, name, title } = this.#presence.of(id);
    if (name) this.#links.name(id, name);
    const status = this.#translate(TEXTS[availability]);
    const plays = availability === "online" && title ? ` · ${title}` : "";
    return { current: false, kind: availability, status: status + plays, name: name || remembered };
  }

  /** Whether this phone may move playback to another player. */
  get #movable() {
    const { state = null, live = false } = this.#view || {};
    return live && state !== null && state.source !== null && state.can.includes("pause");
  }

  /**
   * Let another player continue what this one plays, then follow that player.
   *
   * @param {RemoteLink} link
   * @param {string} name
   */
  async #move(link, name) {
    const view = this.#view;
    if (!view || this.#moving) return;
    this.#moving = true;
    this.#draw();
    this.#tell(this.#translate("move.begun", { name }));
    const other = new OtherPlayer(link, this.#connect);
    const here = {
      state: () => (this.#view ?? view).state,
      position: () => (this.#view ?? view).position(),
      call: this.#call,
      plays: async () => {},
    };
    try {
      await other.open();
      await move(here, other);
      // the page follows the player in its address
      location.hash = writeLink(link);
    } catch (error) {
      const { text } = describeError(error, this.#translate);
      const [why, stays] = [text, this.#of(this.#followed).name];
      this.#tell(this.#translate("move.failed", { name, why, stays }));
    } finally {
      this.#moving = false;
      other.close();
      this.#draw();
    }
  }

  /**
   * @param {{ link: RemoteLink, current: boolean, kind: string, status: string, name: string }} player
   */
  #row({ link, current, kind, status, name }) {
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
    if (this.#movable && kind !== "refused") {
      const here = this.#translate("move.to", { name });
      const go = build("button", {
        type: "button",
        class: "tool",
        "aria-label": here,
        title: here,
      });
      go.append(viewIcon("cast"));
      go.disabled = this.#moving;
      go.addEventListener("click", () => void this.#move(link, name));
      row.append(go);
    }
    const label = this.#translate("players.forget", { name });
    const forget = build("button", { type: "button", class: "tool", "aria-label": label });
    forget.title = label;
    forget.append(viewIcon("close"));
    forget.addEventListener("click", () => {
      this.#links.forget(link);
      this.start();
    });
    row.append(forget);
    return row;
  }
}
