/** The links that open a remote, `#<id>.<key>`, and those that this browser remembers. */

import { isRecord } from "./messages.js";
import { isPlayerId } from "./topics.js";

/**
 * @typedef {{ id: string, key: string }} RemoteLink
 * @typedef {import("./store.js").Store} Store
 */

const KEY = /^[A-Za-z0-9_-]{22,128}$/;

/**
 * Return the player and the key that a fragment names; null if it names none.
 * @param {string} fragment with or without its `#`
 * @returns {RemoteLink | null}
 */
export function readLink(fragment) {
  const [id, key = "", ...rest] = fragment.replace(/^#/, "").split(".");
  return rest.length === 0 && isPlayerId(id) && KEY.test(key) ? { id, key } : null;
}

export class RemoteLinks {
  /** @param {Store} store */
  constructor(store) {
    /** @private */
    this._store = store;
  }

  /**
   * Return the link to open, and remember it: the one in the address, else the last one.
   * @param {string} fragment
   */
  choose(fragment) {
    const link = fragment.length > 1 ? readLink(fragment) : this._last();
    if (link) this._store.set("last", link);
    return link;
  }

  /**
   * Forget a link that is no longer valid.
   * @param {RemoteLink} link
   */
  forget(link) {
    const last = this._last();
    if (last && last.id === link.id && last.key === link.key) this._store.set("last", undefined);
  }

  /**
   * Remember what a player is called.
   * @param {string} id
   * @param {string} name
   */
  name(id, name) {
    const names = this._store.get("names");
    const known = isRecord(names) ? names : {};
    if (known[id] !== name) this._store.set("names", { ...known, [id]: name });
  }

  /**
   * Return what a player was called last time; null if it was never seen.
   * @param {string} id
   */
  nameOf(id) {
    const names = this._store.get("names");
    const name = isRecord(names) ? names[id] : null;
    return typeof name === "string" ? name : null;
  }

  /**
   * @private
   * @returns {RemoteLink | null}
   */
  _last() {
    const last = this._store.get("last");
    return isRecord(last) ? readLink(`${last.id}.${last.key}`) : null;
  }
}
