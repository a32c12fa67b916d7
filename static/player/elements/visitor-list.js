import { build, fill } from "../../elements/dom.js";

/** Milliseconds between two updates while the list is shown. */
const INTERVAL = 3000;

/**
 * @typedef {import("../../connection/api.js").Visitor} Visitor
 * @typedef {import("../../i18n/translate.js").Translate} Translate
 *
 * @typedef {object} Doorkeeper manages the connected devices
 * @property {() => Promise<{ connected: boolean, visitors: Visitor[] }>} visitors
 * @property {(clientId: string) => Promise<unknown>} turnOut
 * @property {(code: string) => Promise<unknown>} letIn lets a new player in, which shows this code
 */

/** Lists the connected devices, each with a button that disconnects it. */
export class VisitorList {
  #translate;
  #doorkeeper;
  #tell;
  #drawn = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** the number of times it was shown, to ignore late answers */
  #shown = 0;
  element = build("ul", { class: "visitors", "aria-live": "polite" });

  /**
   * @param {Translate} translate
   * @param {Doorkeeper} doorkeeper
   * @param {(error: unknown) => void} tell
   */
  constructor(translate, doorkeeper, tell) {
    this.#translate = translate;
    this.#doorkeeper = doorkeeper;
    this.#tell = tell;
  }

  /** Start to update the list. */
  start() {
    this.#shown += 1;
    void this.#look(this.#shown);
  }

  stop() {
    this.#shown += 1;
    clearTimeout(this.#timer);
  }

  /** @param {number} shown */
  async #look(shown) {
    clearTimeout(this.#timer);
    try {
      const { visitors } = await this.#doorkeeper.visitors();
      if (shown === this.#shown) this.#draw(visitors);
    } catch {
      // the banner reports the lost connection; the list stays as it was
    }
    if (shown === this.#shown) this.#timer = setTimeout(() => void this.#look(shown), INTERVAL);
  }

  /** @param {Visitor[]} visitors */
  #draw(visitors) {
    const drawn = JSON.stringify(visitors);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    if (visitors.length) fill(this.element, ...visitors.map((visitor) => this.#row(visitor)));
    else fill(this.element, build("li", { class: "hint" }, this.#translate("player.alone")));
  }

  /** @param {Visitor} visitor */
  #row({ client_id, role, device, address, since }) {
    const name = device || client_id;
    const label = this.#translate("player.turn_out_who", { name });
    const button = build("button", { type: "button", "aria-label": label });
    button.textContent = this.#translate("player.turn_out");
    button.addEventListener("click", () => void this.#turnOut(client_id, button));
    const kind = this.#translate(role === "guest" ? "player.guest" : "player.remote");
    const known = [kind, address, since && clock(since)].filter(Boolean).join(" · ");
    const words = build("span", {}, build("strong", {}, name), known);
    return build("li", {}, words, button);
  }

  /**
   * @param {string} clientId
   * @param {HTMLButtonElement} button
   */
  async #turnOut(clientId, button) {
    button.disabled = true;
    try {
      await this.#doorkeeper.turnOut(clientId);
    } catch (error) {
      button.disabled = false;
      this.#tell(error);
    }
    if (this.element.isConnected) await this.#look(this.#shown);
  }
}

/** @param {number} time Unix time in seconds */
function clock(time) {
  return new Date(time * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
