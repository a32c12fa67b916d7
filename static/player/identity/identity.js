/** The player's id and owner key, which survive reloads. */

import { ApiError } from "../../protocol/errors.js";
import { isPlayerId } from "../../protocol/topics.js";

/**
 * @typedef {import("../../connection/api.js").Api} Api
 * @typedef {import("../../connection/api.js").Credentials} Credentials
 * @typedef {import("../../page/store.js").Store} Store
 */

/**
 * The server's errors for an id that it does not know, or an owner key that is wrong.
 * @type {import("../../protocol/errors.js").ApiErrorCode[]}
 */
const FORGOTTEN = ["wrong_key", "invalid_id", "not_found"];

export class PlayerIdentity {
  #store;
  #api;
  /** how often there was a new code */
  #codes = 0;

  /**
   * @param {Store} store
   * @param {Api} api
   */
  constructor(store, api) {
    this.#store = store;
    this.#api = api;
  }

  /** The player's id; empty before the first `credentials`. */
  get id() {
    const id = this.#store.get("id");
    return typeof id === "string" && isPlayerId(id) ? id : "";
  }

  /** The chosen address at which phones reach the server, if any. */
  get ip() {
    const ip = this.#store.get("ip");
    return typeof ip === "string" ? ip : null;
  }

  /** @param {string | null} ip */
  set ip(ip) {
    this.#store.set("ip", ip || undefined);
  }

  /**
   * Return credentials for the player; as a new player the first time, and if the server has
   * forgotten it. There are no links if there was a new code meanwhile.
   * @returns {Promise<Credentials>}
   */
  async credentials() {
    const codes = this.#codes;
    const given = await this.#ask();
    return codes === this.#codes ? given : { ...given, links: undefined };
  }

  async #ask() {
    if (!this.id) await this.#renew();
    try {
      return await this.#api.credentials(this.#proof());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (FORGOTTEN.includes(error.code)) await this.#renew();
      // the chosen address may belong to a network that the server has left
      else if (error.code === "invalid_request" && this.ip) this.ip = null;
      else throw error;
    }
    return this.#api.credentials(this.#proof());
  }

  /**
   * Make new keys, which ends the old links at once; return the new links.
   * @returns {Promise<import("../../connection/api.js").Links>}
   */
  async newCode() {
    const { id, ...proof } = this.#proof();
    const links = await this.#api.newCode(id, proof);
    this.#codes += 1;
    return links;
  }

  /**
   * Return a new code to type, which replaces the one before.
   * @param {"remote" | "guest"} role
   */
  showCode(role) {
    return this.#api.showCode(this.id, this.#proof(), role);
  }

  /** @param {string} code of the new player to let in */
  letIn(code) {
    return this.#api.letIn(this.id, this.#proof(), code);
  }

  /** Return the connected devices. */
  visitors() {
    return this.#api.visitors(this.id, this.#proof());
  }

  /** @param {string} clientId of the device to disconnect */
  turnOut(clientId) {
    return this.#api.turnOut(this.id, this.#proof(), clientId);
  }

  async #renew() {
    const { id, owner_key } = await this.#api.newPlayer();
    this.#store.set("id", id);
    this.#store.set("owner_key", owner_key);
  }

  #proof() {
    const owner_key = String(this.#store.get("owner_key"));
    return { id: this.id, owner_key, ...(this.ip ? { ip: this.ip } : {}) };
  }
}
