/** Continues what another player plays, and moves it back. */

import { CallError } from "../protocol/errors.js";
import { Connection } from "../connection/connection.js";
import { CredentialsSource } from "../connection/credentials.js";
import { OtherPlayer } from "../connection/other-player.js";
import { readLink, writeLink } from "../connection/links.js";
import { openMqttTransport } from "../mqtt/transport.js";
import { move } from "../playback/move.js";

/** Seconds. */
const KEEP_ALIVE = 4;

/**
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
 *
 * @typedef {object} Here this player
 * @property {() => PlayerState} state
 * @property {() => number} position seconds
 * @property {(procedure: string, parameters: Record<string, unknown>) => Promise<unknown>} call
 * @property {import("../events/signal.js").Signal<any>} changed the state may have changed
 */

export class Continuation {
  #store;
  #api;
  #here;
  #link;

  /**
   * @param {import("../page/store.js").Store} store as `openContinuedPlayer` returns it
   * @param {import("../connection/api.js").Api} api
   * @param {Here} here this player
   */
  constructor(store, api, here) {
    this.#store = store;
    this.#api = api;
    this.#here = here;
    this.#link = readLink(String(store.get("link")));
  }

  /** The name of the other player. */
  get name() {
    return String(this.#store.get("name") || "");
  }

  /**
   * Continue here once, after a click if the browser requires one; the other player pauses once
   * this one plays.
   */
  async take() {
    if (this.#store.get("done")) return;
    await this.#until((state) => !state.gesture_required);
    await this.#withOther((other) => move(other, this.#mover));
    this.#store.set("done", true);
  }

  /** Let the other player continue, then open its remote. */
  async giveBack() {
    if (this.#store.get("done") && this.#here.state().source) {
      await this.#withOther((other) => move(this.#mover, other));
    }
    this.#store.set("done", undefined);
    this.#store.set("link", undefined);
    if (this.#link) location.assign(`remote${writeLink(this.#link)}`);
  }

  /** @returns {import("../playback/move.js").Mover} */
  get #mover() {
    const plays = () =>
      this.#until(({ playing, buffering, error, gesture_required }) => {
        if (gesture_required) throw new CallError("gesture_required", "a click is needed");
        if (error) throw new CallError(error.code, error.message, error.reason);
        return playing && !buffering;
      });
    return { ...this.#here, plays };
  }

  /**
   * Resolve once `look` accepts the state of this player; reject if it throws.
   *
   * @param {(state: PlayerState) => boolean} look
   * @returns {Promise<void>}
   */
  #until(look) {
    return new Promise((resolve, reject) => {
      const check = () => {
        try {
          if (!look(this.#here.state())) return;
          resolve();
        } catch (error) {
          reject(error);
        }
        forget();
      };
      const forget = this.#here.changed.listen(check);
      check();
    });
  }

  /** @param {(other: OtherPlayer) => Promise<void>} act */
  async #withOther(act) {
    const link = this.#link;
    if (!link) return;
    const credentials = new CredentialsSource(() => this.#api.credentials(link));
    const connect = () =>
      new Connection({
        open: openMqttTransport,
        credentials: () => credentials.get(),
        keepAlive: KEEP_ALIVE,
      });
    const other = new OtherPlayer(link, connect);
    try {
      await other.open();
      await act(other);
    } finally {
      other.close();
    }
  }
}
