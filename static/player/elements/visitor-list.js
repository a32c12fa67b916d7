import { build, fill } from "../../elements/dom.js";

/** Milliseconds between two looks while the list is shown. */
const INTERVAL = 3000;

/**
 * @typedef {import("../../connection/api.js").Visitor} Visitor
 * @typedef {import("../../i18n/translate.js").Translate} Translate
 *
 * @typedef {object} Doorkeeper who knows the visitors
 * @property {() => Promise<{ connected: boolean, visitors: Visitor[] }>} visitors
 * @property {(clientId: string) => Promise<unknown>} turnOut
 */

/** Who is connected to the player, and a button for each that turns them out. */
export class VisitorList {
  /**
   * @param {Translate} translate
   * @param {Doorkeeper} doorkeeper
   * @param {(error: unknown) => void} tell
   */
  constructor(translate, doorkeeper, tell) {
    /** @private */
    this._translate = translate;
    /** @private */
    this._doorkeeper = doorkeeper;
    /** @private */
    this._tell = tell;
    /** @private */
    this._drawn = "";
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    /** @private counts the times that it was shown, so that a late answer starts nothing */
    this._shown = 0;
    this.element = build("ul", { class: "visitors", "aria-live": "polite" });
  }

  /** Begin to look who is there. */
  start() {
    this._shown += 1;
    void this._look(this._shown);
  }

  stop() {
    this._shown += 1;
    clearTimeout(this._timer);
  }

  /**
   * @private
   * @param {number} shown
   */
  async _look(shown) {
    clearTimeout(this._timer);
    try {
      const { visitors } = await this._doorkeeper.visitors();
      if (shown === this._shown) this._draw(visitors);
    } catch {
      // The banner says that there is no connection; the list is as it was known last.
    }
    if (shown === this._shown) this._timer = setTimeout(() => void this._look(shown), INTERVAL);
  }

  /**
   * @private
   * @param {Visitor[]} visitors
   */
  _draw(visitors) {
    const drawn = JSON.stringify(visitors);
    if (drawn === this._drawn) return;
    this._drawn = drawn;
    if (visitors.length) fill(this.element, ...visitors.map((visitor) => this._row(visitor)));
    else fill(this.element, build("li", { class: "hint" }, this._translate("player.alone")));
  }

  /**
   * @private
   * @param {Visitor} visitor
   */
  _row({ client_id, role, device, address, since }) {
    const name = device || client_id;
    const label = this._translate("player.turn_out_who", { name });
    const button = build("button", { type: "button", "aria-label": label });
    button.textContent = this._translate("player.turn_out");
    button.addEventListener("click", () => void this._turnOut(client_id, button));
    const kind = this._translate(role === "guest" ? "player.guest" : "player.remote");
    const time = new Date(since * 1000).toLocaleTimeString([], {
      hour: "2-digit",
      minute: "2-digit",
    });
    const words = build("span", {}, build("strong", {}, name), `${kind} · ${address} · ${time}`);
    return build("li", {}, words, button);
  }

  /**
   * @private
   * @param {string} clientId
   * @param {HTMLButtonElement} button
   */
  async _turnOut(clientId, button) {
    button.disabled = true;
    try {
      await this._doorkeeper.turnOut(clientId);
    } catch (error) {
      button.disabled = false;
      this._tell(error);
    }
    if (this.element.isConnected) await this._look(this._shown);
  }
}
