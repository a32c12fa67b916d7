/** Publishes a player's availability, state and events. */

import { Signal } from "../../events/signal.js";
import { writeJson } from "../../protocol/messages.js";

const text = new TextEncoder();

/**
 * From this many milliseconds on, an acknowledgement of MQTT 3.1.1 does not prove that a message is
 * retained: NATS acknowledges what it could not store after as long (docs/decisions/0109).
 */
export const DOUBTFUL = 1000;
/** Milliseconds. */
const LONGEST_PAUSE = 60_000;
/**
 * Milliseconds after which `online` is published a second time on MQTT 3.1.1: a node of NATS may
 * give clients that subscribe just then the earlier `offline` (docs/decisions/0118).
 */
export const SECOND_ONLINE = 3000;

/** The names of the events. */
export const EVENTS = Object.freeze(
  /** @type {const} */ (["play", "pause", "volume", "seek", "load", "ended", "error", "message"]),
);

/**
 * @typedef {import("../../connection/connection.js").Connection} Connection
 * @typedef {import("../../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {import("../../connection/rpc.js").Target} Target
 * @typedef {import("../../protocol/topics.js").Callee} Callee
 * @typedef {(typeof EVENTS)[number]} EventName
 */

export class PlayerVoice {
  #connection;
  #target;
  /** milliseconds from a doubtful acknowledgement to `doubted` */
  #pause = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #second = undefined;
  /** The broker may have lost the state or the availability. @type {Signal<void>} */
  doubted = new Signal();

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
   * @returns {import("../../mqtt/transport.js").Will}
   */
  static will(player) {
    return { topic: player.availability, payload: text.encode("offline"), qos: 1, retain: true };
  }

  /** Publish `online`; on MQTT 3.1.1 twice. */
  online() {
    this.#sayOnline();
    clearTimeout(this.#second);
    if (this.#connection.version !== 4) return;
    // a later session says so itself
    this.#second = setTimeout(() => this.#sayOnline(), SECOND_ONLINE);
  }

  #sayOnline() {
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
    const sentAt = performance.now();
    // a new session publishes everything again, so nothing lost is missed
    this.#connection.publish(topic(this.#target(session.topics)), payload, options).then(
      () => retain && this.#acknowledged(session, performance.now() - sentAt),
      () => undefined,
    );
  }

  /**
   * @param {import("../../connection/connection.js").Session} session
   * @param {number} took milliseconds
   */
  #acknowledged(session, took) {
    // with MQTT 5, a broker says what it did not keep
    if (session !== this.#connection.session || this.#connection.version !== 4) return;
    if (took < DOUBTFUL) {
      this.#pause = 0;
    } else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (session === this.#connection.session) this.doubted.emit();
      }, this.#pause);
      this.#pause = Math.min(2 * this.#pause + 1000, LONGEST_PAUSE);
    }
  }
}
