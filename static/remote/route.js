/** The open view in the remote's address, which can be bookmarked; no I/O. */

/**
 * @typedef {"now" | "queue" | "library" | "more"} ViewName
 * @typedef {"name" | "added" | "played"} Order
 *
 * @typedef {object} Route
 * @property {ViewName} view
 * @property {string} path the open folder of the library
 * @property {string} search the searched words
 * @property {Order} order
 */

/** @type {readonly ViewName[]} */
const VIEWS = ["now", "queue", "library", "more"];
const SHARED = ["shared_url", "shared_text", "shared_title"];
const ADDRESS = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)]/i;
const MOST_SHARED = 200;
/** @type {readonly Order[]} */
export const ORDERS = ["name", "added", "played"];

/**
 * Return the route to a view, by default at the library's top.
 * @param {ViewName} view
 * @param {Partial<Route>} [inside]
 * @returns {Route}
 */
export function routeTo(view, { path = "", search = "", order = "name" } = {}) {
  return { view, path, search, order };
}

/**
 * Return the route in the query of an address, by default the first screen.
 * @param {string} address with or without its `?`
 * @returns {Route}
 */
export function readRoute(address) {
  const query = new URLSearchParams(address);
  const shared = readShared(query);
  if (shared) return routeTo("library", { search: shared });
  const view = VIEWS.find((name) => name === query.get("view")) || "now";
  if (view !== "library") return routeTo(view);
  return routeTo(view, {
    path: query.get("path") || "",
    search: query.get("search") || "",
    order: ORDERS.find((name) => name === query.get("order")) || "name",
  });
}

/**
 * Return what another app shared with this one: an address in any of its fields, otherwise its text.
 * The names of the fields are in `remote.webmanifest`.
 * @param {URLSearchParams} query
 */
function readShared(query) {
  const texts = SHARED.map((name) => (query.get(name) || "").trim()).filter(Boolean);
  const address = texts.map((text) => ADDRESS.exec(text)).find(Boolean);
  return address ? address[0] : texts[0]?.slice(0, MOST_SHARED);
}

/**
 * Return the address of a route, relative to the remote's own.
 * @param {Route} route
 * @param {string} fragment that names the player, with its `#`
 */
export function writeRoute({ view, path, search, order }, fragment) {
  const query = new URLSearchParams();
  if (view !== "now") query.set("view", view);
  if (path) query.set("path", path);
  if (search) query.set("search", search);
  if (order !== "name") query.set("order", order);
  const address = query.toString();
  return `remote${address && `?${address}`}${fragment}`;
}
