/** The part of the remote's address that says what is open, so that it can be bookmarked; no I/O. */

/**
 * @typedef {"now" | "queue" | "library" | "more"} ViewName
 *
 * @typedef {object} Route
 * @property {ViewName} view
 * @property {string} path the folder of the library that is open
 */

/** @type {readonly ViewName[]} */
const VIEWS = ["now", "queue", "library", "more"];

/**
 * Return what the query of an address says; the first screen if it says nothing that is known.
 * @param {string} search with or without its `?`
 * @returns {Route}
 */
export function readRoute(search) {
  const query = new URLSearchParams(search);
  const view = VIEWS.find((name) => name === query.get("view")) || "now";
  return { view, path: view === "library" ? query.get("path") || "" : "" };
}

/**
 * Return the address of a route, relative to the remote's own.
 * @param {Route} route
 * @param {string} fragment that names the player, with its `#`
 */
export function writeRoute({ view, path }, fragment) {
  const query = new URLSearchParams();
  if (view !== "now") query.set("view", view);
  if (path) query.set("path", path);
  const search = query.toString();
  return `remote${search && `?${search}`}${fragment}`;
}
