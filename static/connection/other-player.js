/** A second player, while playback moves to it. */

import { CallError } from "../protocol/errors.js";
import { Rpc } from "./rpc.js";
import { RemotePlayer } from "./remote-player.js";

/** Milliseconds to wait until a player answers, and until it plays. */
const PATIENCE = 10_000;
const BEGINNING = 30_000;

/** A `Mover` (`move.js`). */
export class OtherPlayer {
  #connection;
  #player;

  /**
   * @param {import("./links.js").RemoteLink} link
   * @param {(link: import("./links.js").RemoteLink) => import("./connection.js").Connection} connect
   */
  constructor(link, connect) {
    this.#connection = connect(link);
    this.#player = new RemotePlayer(this.#connection, new Rpc(this.#connection), (topics) =>
      topics.player(link.id),
    );
  }

  /** Connect; a CallError `unavailable` if the player is not there. */
  async open() {
    this.#player.start();
    this.#connection.start();
    await this.#until(({ live, availability }) => {
      if (availability === "offline") throw gone();
      return live;
    }, PATIENCE);
  }

  close() {
    this.#connection.stop();
  }

  state() {
    return this.#player.view.state;
  }

  position() {
    return this.#player.position;
  }

  /**
   * @param {string} procedure
   * @param {Record<string, unknown>} parameters
   */
  call(procedure, parameters) {
    return this.#player.call(procedure, parameters);
  }

  async plays() {
    await this.#until(({ state }) => {
      if (state?.gesture_required) throw new CallError("gesture_required", "a click is needed");
      if (state?.error) throw new CallError(state.error.code, state.error.message);
      return state !== null && state.playing && !state.buffering;
    }, BEGINNING);
  }

  /**
   * @param {(view: import("./player-view.js").PlayerView) => boolean} look
   * @param {number} patience milliseconds
   * @returns {Promise<void>}
   */
  #until(look, patience) {
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (/** @type {() => void} */ settle) => {
        over = true;
        clearTimeout(timer);
        settle();
      };
      const timer = setTimeout(() => end(() => reject(gone())), patience);
      const check = () => {
        if (over) return;
        try {
          if (look(this.#player.view)) end(resolve);
        } catch (error) {
          end(() => reject(error));
        }
      };
      this.#player.changed.listen(check);
      check();
    });
  }
}

function gone() {
  return new CallError("unavailable", "the player is offline", "offline");
}
