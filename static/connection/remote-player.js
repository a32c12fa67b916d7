/** A remote's player: its view, and calls to it. */

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

/** Milliseconds after which a player that has not sent its state is asked again. */
const STATUS_PATIENCE = 3000;
/** Milliseconds that a player has to load a medium, which may have to be converted. */
export const LOADING = 30_000;
/** The procedures that may load a medium, or the present one again. */
export const LOADS = [
  ...["load", "next", "previous", "jump", "play", "toggle"],
  ...["seek", "seek/by", "stream", "audio", "subtitles"],
];

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./connection.js").Message} Message
 * @typedef {import("./player-view.js").PlayerView} PlayerView
 * @typedef {import("./rpc.js").Rpc} Rpc
 * @typedef {import("./rpc.js").Target} Target
 */

export class RemotePlayer {
  #connection;
  #rpc;
  #target;
  #now;
  /** the first request of a session @type {Promise<unknown>} */
  #asked = Promise.resolve();
  /** @type {PlayerView} */
  view = UNKNOWN;
  /** @type {Signal<PlayerView>} */
  changed = new Signal();

  /**
   * @param {Connection} connection
   * @param {Rpc} rpc
   * @param {Target} target
   * @param {() => number} [now] seconds, monotonic
   */
  constructor(connection, rpc, target, now = () => performance.now() / 1000) {
    this.#connection = connection;
    this.#rpc = rpc;
    this.#target = target;
    this.#now = now;
  }

  /** Start to follow the player, also after reconnections. */
  start() {
    this.#rpc.expect(this.#target);
    this.#connection.subscribe(({ topics }) => {
      const player = this.#target(topics);
      return [player.availability, player.state];
    });
    this.#connection.received.listen((message) => this.#receive(message));
    this.#rpc.greet(this.#target, "status", STATUS_PATIENCE, (answer) => {
      this.#asked = this.#take(answer);
      // it may fail before there is a session to repeat it in
      this.#asked.catch(() => undefined);
    });
    this.#connection.opened.listen(() => void this.refresh(this.#asked));
    this.#connection.changed.listen((status) => {
      if (status !== "live") this.#become(disconnected(this.view, this.#now()));
    });
  }

  /** Where the medium is now, in seconds. */
  get position() {
    return currentPosition(this.view, this.#now());
  }

  /**
   * Call a procedure of the player, apply the state in its answer, and return the answer.
   * @param {string} procedure
   * @param {Record<string, unknown>} parameters
   * @param {{ timeout?: number }} [options]
   * @returns {Promise<unknown>}
   */
  async call(procedure, parameters, options = {}) {
    const usual = LOADS.includes(procedure) ? { timeout: LOADING } : {};
    if (this.view.availability === "offline") throw offline();
    return this.#take(
      this.#rpc.call(this.#target, procedure, parameters, { ...usual, ...options }),
    );
  }

  /**
   * Ask the player for its state until it is known, or the player or the connection is gone.
   * @param {Promise<unknown> | null} [asked] a request already sent
   */
  async refresh(asked = null) {
    let question = asked;
    const { session } = this.#connection;
    while (session && session === this.#connection.session) {
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
   * Apply the state in an answer, if it has one.
   *
   * @param {Promise<unknown>} asked
   * @returns {Promise<unknown>} the answer
   */
  async #take(asked) {
    const answer = await asked;
    if (isPlayerState(answer)) {
      this.#become(stateReported(this.view, answer, { retained: false, now: this.#now() }));
    }
    return answer;
  }

  /** @param {Message} message */
  #receive({ topic, payload, retain }) {
    const { session } = this.#connection;
    if (!session) return;
    const player = this.#target(session.topics);
    if (topic === player.availability) this.#available(new TextDecoder().decode(payload));
    if (topic !== player.state || payload.length === 0) return;
    const state = readJson(payload);
    if (isPlayerState(state)) {
      this.#become(stateReported(this.view, state, { retained: retain, now: this.#now() }));
    }
  }

  /** @param {string} availability */
  #available(availability) {
    const online = availability === "online";
    const returned = online && this.view.availability === "offline";
    this.#become(availabilityReported(this.view, online, this.#now()));
    if (!online) this.#rpc.fail(offline(), this.#target);
    if (returned) void this.refresh();
  }

  /** @param {PlayerView} view */
  #become(view) {
    this.view = view;
    this.changed.emit(view);
  }
}

function offline() {
  return new CallError("unavailable", "the player is offline", "offline");
}
