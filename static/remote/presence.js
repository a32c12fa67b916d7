/** Whether other players are on, and what they are called now; asked of each with its own link. */

import { readJson } from "../protocol/messages.js";
import { isPlayerState } from "./player-view.js";
import { Signal } from "../events/signal.js";

/**
 * @typedef {import("./links.js").RemoteLink} RemoteLink
 *
 * @typedef {object} Present
 * @property {"unknown" | "online" | "offline" | "refused"} availability
 * @property {string | null} name
 * @property {string | null} title what it plays
 */

/** @type {Present} */
const UNKNOWN = { availability: "unknown", name: null, title: null };

export class Presence {
  /**
   * @param {(link: RemoteLink) => import("../connection/connection.js").Connection} connect
   */
  constructor(connect) {
    /** @private */
    this._connect = connect;
    /** @private @type {Map<string, import("../connection/connection.js").Connection>} by the player's id */
    this._connections = new Map();
    /** @private @type {Map<string, Present>} */
    this._known = new Map();
    /** @type {Signal<void>} */
    this.changed = new Signal();
  }

  /**
   * Return what is known of a player.
   * @param {string} id
   */
  of(id) {
    return this._known.get(id) || UNKNOWN;
  }

  /**
   * Follow these players, and no others, until `stop`.
   * @param {RemoteLink[]} links
   */
  follow(links) {
    for (const [id, connection] of Array.from(this._connections)) {
      if (links.some((link) => link.id === id)) continue;
      this._connections.delete(id);
      void connection.stop();
    }
    for (const link of links) if (!this._connections.has(link.id)) this._begin(link);
  }

  /** Disconnect from all of them. */
  stop() {
    this.follow([]);
  }

  /**
   * @private
   * @param {RemoteLink} link
   */
  _begin(link) {
    const { id } = link;
    const connection = this._connect(link);
    this._connections.set(id, connection);
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
        this._learn(id, { availability: online ? "online" : "offline" });
      } else if (topic === player.state && payload.length > 0) {
        const state = readJson(payload);
        if (isPlayerState(state)) this._learn(id, { name: state.name, title: state.title });
      }
    });
    connection.changed.listen((status) => {
      if (status === "refused") this._learn(id, { availability: "refused" });
      else if (status !== "live") this._learn(id, { availability: "unknown" });
    });
    connection.start();
  }

  /**
   * @private
   * @param {string} id
   * @param {Partial<Present>} news
   */
  _learn(id, news) {
    this._known.set(id, { ...this.of(id), ...news });
    this.changed.emit();
  }
}
