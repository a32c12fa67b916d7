/** The presence and names of other players, each requested with its own link. */

import { readJson } from "../protocol/messages.js";
import { isPlayerState } from "../connection/player-view.js";
import { Signal } from "../events/signal.js";

/**
 * @typedef {import("../connection/links.js").RemoteLink} RemoteLink
 *
 * @typedef {object} Present
 * @property {"unknown" | "online" | "offline" | "refused"} availability
 * @property {string | null} name
 * @property {string | null} title what it plays
 */

/** @type {Present} */
const UNKNOWN = { availability: "unknown", name: null, title: null };

export class Presence {
  #connect;
  /** @type {Map<string, import("../connection/connection.js").Connection>} by the player's id */
  #connections = new Map();
  /** @type {Map<string, Present>} */
  #known = new Map();
  /** @type {Signal<void>} */
  changed = new Signal();

  /**
   * @param {(link: RemoteLink) => import("../connection/connection.js").Connection} connect
   */
  constructor(connect) {
    this.#connect = connect;
  }

  /**
   * Return the presence of a player.
   * @param {string} id
   */
  of(id) {
    return this.#known.get(id) || UNKNOWN;
  }

  /**
   * Follow only these players, until `stop`.
   * @param {RemoteLink[]} links
   */
  follow(links) {
    for (const [id, connection] of Array.from(this.#connections)) {
      if (links.some((link) => link.id === id)) continue;
      this.#connections.delete(id);
      void connection.stop();
    }
    for (const link of links) if (!this.#connections.has(link.id)) this.#begin(link);
  }

  /** Disconnect from all of them. */
  stop() {
    this.follow([]);
  }

  /** @param {RemoteLink} link */
  #begin(link) {
    const { id } = link;
    const connection = this.#connect(link);
    this.#connections.set(id, connection);
    connection.subscribe(({ topics }) => {
      const player = topics.player(id);
      return [player.availability, player.state];
    });
    connection.received.listen(({ topic, payload }) => {
      const { session } = connection;
      if (!session) return;
      const player = session.topics.player(id);
      if (topic === player.availability) {
        const online = new TextDecoder().decode(payload) === "online";
        this.#learn(id, { availability: online ? "online" : "offline" });
      } else if (topic === player.state && payload.length > 0) {
        const state = readJson(payload);
        if (isPlayerState(state)) this.#learn(id, { name: state.name, title: state.title });
      }
    });
    connection.changed.listen((status) => {
      if (status === "refused") this.#learn(id, { availability: "refused" });
      else if (status !== "live") this.#learn(id, { availability: "unknown" });
    });
    connection.start();
  }

  /**
   * @param {string} id
   * @param {Partial<Present>} news
   */
  #learn(id, news) {
    this.#known.set(id, { ...this.of(id), ...news });
    this.changed.emit();
  }
}
