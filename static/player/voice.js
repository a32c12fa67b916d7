/** Publishes a player's availability, state and events. */

import { writeJson } from "../protocol/messages.js";

const text = new TextEncoder();

/** The names of the events. */
export const EVENTS = Object.freeze(
  /** @type {const} */ (["play", "pause", "volume", "seek", "load", "ended", "error", "message"]),
);

/**
 * @typedef {import("../connection/connection.js").Connection} Connection
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {import("../connection/rpc.js").Target} Target
 * @typedef {import("../protocol/topics.js").Callee} Callee
 * @typedef {(typeof EVENTS)[number]} EventName
 */

export class PlayerVoice {
  #connection;
  #target;

  /**
   * @param {Connection} connection
   * @param {Target} target
   */
  constructor(connection, target) {
    this.#connection = connection;
    this.#target = target;
  }

  /**
   * Return the will.
   * @param {Callee} player
   * @returns {import("../mqtt/transport.js").Will}
   */
  static will(player) {
    return { topic: player.availability, payload: text.encode("offline"), qos: 1, retain: true };
  }

  /** Publish `online`. */
  online() {
    this.#publish(({ availability }) => availability, text.encode("online"), true);
  }

  /** @param {PlayerState} state */
  state(state) {
    this.#publish((player) => player.state, writeJson(state), true);
  }

  /**
   * @param {EventName} name
   * @param {Record<string, unknown>} detail
   */
  event(name, detail) {
    this.#publish((player) => player.event(name), writeJson(detail), false);
  }

  /** Publish `offline`, clear the retained state, and disconnect. */
  goodbye() {
    this.#connection.leave(({ topics }) => {
      const player = this.#target(topics);
      return [
        { topic: player.state, payload: new Uint8Array(0) },
        { topic: player.availability, payload: text.encode("offline") },
      ];
    });
  }

  /**
   * @param {(player: Callee) => string} topic
   * @param {Uint8Array} payload
   * @param {boolean} retain
   */
  #publish(topic, payload, retain) {
    const { session } = this.#connection;
    if (!session) return;
    const options = /** @type {const} */ ({ retain, qos: retain ? 1 : 0 });
    // a new session publishes everything again, so nothing lost is missed
    this.#connection
      .publish(topic(this.#target(session.topics)), payload, options)
      .catch(() => undefined);
  }
}
