/** The links that open a remote, `#<id>.<key>`, and those that this browser remembers. */

import { isRecord } from "../protocol/messages.js";
import { isPlayerId } from "../protocol/topics.js";

/**
 * @typedef {{ id: string, key: string }} RemoteLink
 * @typedef {import("../page/store.js").Store} Store
 */

const KEY = /^[A-Za-z0-9_-]{22,128}$/;
/** The most players that are remembered; the one opened longest ago is forgotten first. */
const MOST = 32;

/**
 * Return the player and the key in a fragment; null if there are none.
 * @param {string} fragment with or without its `#`
 * @returns {RemoteLink | null}
 */
export function readLink(fragment) {
  const [id, key = "", ...rest] = fragment.replace(/^#/, "").split(".");
  return rest.length === 0 && isPlayerId(id) && KEY.test(key) ? { id, key } : null;
}

/**
 * Return the fragment of a link, with its `#`.
 * @param {RemoteLink} link
 */
export function writeLink({ id, key }) {
  return `#${id}.${key}`;
}

export class RemoteLinks {
  #store;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /**
   * Return the link to open: that in the address, else the last one.
   * @param {string} fragment
   */
  choose(fragment) {
    return fragment.length > 1 ? readLink(fragment) : this.#last();
  }

  /**
   * Remember a link as the last one.
   * @param {RemoteLink} link
   */
  remember(link) {
    this.#store.set("last", link);
    const others = this.known().filter(({ id }) => id !== link.id);
    this.#store.set("known", [link, ...others].slice(0, MOST).map(writeLink));
  }

  /**
   * Return the links of all players that were opened here, newest first.
   * @returns {RemoteLink[]}
   */
  known() {
    const known = this.#store.get("known");
    const links = Array.isArray(known) ? known.map((link) => readLink(String(link))) : [];
    return links.filter(isLink);
  }

  /**
   * Forget a link that is no longer valid or wanted.
   * @param {RemoteLink} link
   */
  forget(link) {
    const last = this.#last();
    if (last && same(last, link)) this.#store.set("last", undefined);
    const others = this.known().filter((known) => !same(known, link));
    this.#store.set("known", others.map(writeLink));
  }

  /**
   * Remember a player's name.
   * @param {string} id
   * @param {string} name
   */
  name(id, name) {
    const names = this.#store.get("names");
    const known = isRecord(names) ? names : {};
    if (known[id] !== name) this.#store.set("names", { ...known, [id]: name });
  }

  /**
   * Return a player's last known name; null if there is none.
   * @param {string} id
   */
  nameOf(id) {
    const names = this.#store.get("names");
    const name = isRecord(names) ? names[id] : null;
    return typeof name === "string" ? name : null;
  }

  /** @returns {RemoteLink | null} */
  #last() {
    const last = this.#store.get("last");
    return isRecord(last) ? readLink(`${last.id}.${last.key}`) : null;
  }
}

/**
 * @param {RemoteLink | null} link
 * @returns {link is RemoteLink}
 */
function isLink(link) {
  return link !== null;
}

/**
 * @param {RemoteLink} one
 * @param {RemoteLink} other
 */
function same(one, other) {
  return one.id === other.id && one.key === other.key;
}
