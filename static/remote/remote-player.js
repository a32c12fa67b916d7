/** A player as its remote sees it: the view it has of it, and the calls it makes. */

import { CallError } from "../protocol/errors.js";
import { readJson } from "../protocol/messages.js";
import {
  UNKNOWN,
  availabilityReported,
  currentPosition,
  disconnected,
  isPlayerState,
  stateReported,
} from "./player-view.js";
import { Signal } from "../events/signal.js";

/** Milliseconds that a player has to tell its state, before it is asked again. */
const STATUS_PATIENCE = 3000;

/**
 * @typedef {import("../connection/connection.js").Connection} Connection
 * @typedef {import("../connection/connection.js").Message} Message
 * @typedef {import("./player-view.js").PlayerView} PlayerView
 * @typedef {import("../connection/rpc.js").Rpc} Rpc
 * @typedef {import("../connection/rpc.js").Target} Target
 */

export class RemotePlayer {
  /**
   * @param {Connection} connection
   * @param {Rpc} rpc
   * @param {Target} target
   * @param {() => number} [now] seconds, monotonic
   */
  constructor(connection, rpc, target, now = () => performance.now() / 1000) {
    /** @private */
    this._connection = connection;
    /** @private */
    this._rpc = rpc;
    /** @private */
    this._target = target;
    /** @private */
    this._now = now;
    /** @private the first question of a session @type {Promise<unknown>} */
    this._asked = Promise.resolve();
    /** @type {PlayerView} */
    this.view = UNKNOWN;
    /** @type {Signal<PlayerView>} */
    this.changed = new Signal();
  }

  /** Begin to follow the player, over all reconnections. */
  start() {
    this._rpc.expect(this._target);
    this._connection.subscribe(({ topics }) => {
      const player = this._target(topics);
      return [player.availability, player.state];
    });
    this._connection.received.listen((message) => this._receive(message));
    this._rpc.greet(this._target, "status", STATUS_PATIENCE, (answer) => {
      this._asked = this._take(answer);
      // It may fail before there is a session that could ask again.
      this._asked.catch(() => undefined);
    });
    this._connection.opened.listen(() => void this.refresh(this._asked));
    this._connection.changed.listen((status) => {
      if (status !== "live") this._become(disconnected(this.view, this._now()));
    });
  }

  /** Where the medium is now, in seconds. */
  get position() {
    return currentPosition(this.view, this._now());
  }

  /**
   * Call a procedure of the player, take the state that it answers, and return the answer.
   * @param {string} procedure
   * @param {Record<string, unknown>} parameters
   * @param {{ timeout?: number }} [options]
   * @returns {Promise<unknown>}
   */
  async call(procedure, parameters, options) {
    if (this.view.availability === "offline") throw offline();
    return this._take(this._rpc.call(this._target, procedure, parameters, options));
  }

  /**
   * Ask the player for its state until it is known, or the player or the connection is gone.
   * @param {Promise<unknown> | null} [asked] a question that was asked already
   */
  async refresh(asked = null) {
    let question = asked;
    const { session } = this._connection;
    while (session && session === this._connection.session) {
      try {
        await (question || this.call("status", {}, { timeout: STATUS_PATIENCE }));
        return;
      } catch (error) {
        if (!(error instanceof CallError) || error.code !== "timeout") return;
        question = null;
      }
    }
  }

  /**
   * Take the state that an answer tells, if it tells one.
   * @private
   * @param {Promise<unknown>} asked
   * @returns {Promise<unknown>} the answer
   */
  async _take(asked) {
    const answer = await asked;
    if (isPlayerState(answer)) {
      this._become(stateReported(this.view, answer, { retained: false, now: this._now() }));
    }
    return answer;
  }

  /**
   * @private
   * @param {Message} message
   */
  _receive({ topic, payload, retain }) {
    const { session } = this._connection;
    if (!session) return;
    const player = this._target(session.topics);
    if (topic === player.availability) this._available(new TextDecoder().decode(payload));
    if (topic !== player.state || payload.length === 0) return;
    const state = readJson(payload);
    if (isPlayerState(state)) {
      this._become(stateReported(this.view, state, { retained: retain, now: this._now() }));
    }
  }

  /**
   * @private
   * @param {string} availability
   */
  _available(availability) {
    const online = availability === "online";
    const returned = online && this.view.availability === "offline";
    this._become(availabilityReported(this.view, online, this._now()));
    if (!online) this._rpc.fail(offline(), this._target);
    if (returned) void this.refresh();
  }

  /**
   * @private
   * @param {PlayerView} view
   */
  _become(view) {
    this.view = view;
    this.changed.emit(view);
  }
}

function offline() {
  return new CallError("unavailable", "the player is offline", "offline");
}
