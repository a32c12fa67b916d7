/** The texts for the state of the connection; no I/O. */

import { ApiError } from "../protocol/errors.js";

/**
 * @typedef {import("../connection/connection.js").Status} Status
 * @typedef {import("../connection/player-view.js").PlayerView} PlayerView
 * @typedef {import("../i18n/translate.js").Key} Key
 *
 * @typedef {object} NoticeKeys
 * @property {"good" | "busy" | "bad" | "act"} kind
 * @property {Key} text
 * @property {Key | null} action what the user can do about it
 * @property {unknown} problem its cause; null if the text already says it
 */

/**
 * Return the notice of a remote.
 * @param {Status} status
 * @param {Error | null} problem
 * @param {PlayerView} view
 * @param {string} role
 * @returns {NoticeKeys}
 */
export function remoteNotice(status, problem, view, role) {
  if (status === "refused") return refused(problem);
  if (status === "taken-over") return notice("bad", "remote.taken_over", "remote.use_here");
  if (status === "offline") return lost("remote.lost", problem);
  if (status !== "live") return notice("busy", "connection.connecting");
  if (view.availability === "offline") return notice("bad", "remote.player_off");
  if (!view.live || !view.state) return notice("busy", "remote.waiting");
  if (view.state.gesture_required) return notice("act", "remote.gesture");
  const { error, source } = view.state;
  if (error) return { ...notice("bad", "error.media_error"), problem: { ...error, source } };
  if (role === "guest") return notice("good", "remote.guest");
  return notice("good", "connection.live");
}

/**
 * Return the notice of a player.
 * @param {Status} status
 * @param {Error | null} problem
 * @returns {NoticeKeys}
 */
export function playerNotice(status, problem) {
  if (status === "live") return notice("good", "connection.live");
  if (status === "offline") return lost("player.lost", problem);
  if (status === "taken-over") return notice("bad", "takeover.title");
  if (status === "refused") {
    return { ...notice("bad", "player.refused", "connection.retry"), problem };
  }
  return notice("busy", "connection.connecting");
}

/**
 * @param {Key} text
 * @param {Error | null} problem
 */
function lost(text, problem) {
  const isExplained = problem instanceof ApiError && problem.reason;
  return { ...notice("bad", text, "connection.retry"), problem: isExplained ? problem : null };
}

/** @param {Error | null} problem */
function refused(problem) {
  const code = problem instanceof ApiError ? problem.code : null;
  if (code === "wrong_key" || code === "invalid_id" || code === "not_found") {
    return notice("bad", "remote.old_code");
  }
  if (code === "turned_out") return notice("bad", "remote.turned_out");
  return { ...notice("bad", "remote.refused", "connection.retry"), problem };
}

/**
 * @param {NoticeKeys["kind"]} kind
 * @param {Key} text
 * @param {Key | null} [action]
 * @returns {NoticeKeys}
 */
function notice(kind, text, action = null) {
  return { kind, text, action, problem: null };
}
