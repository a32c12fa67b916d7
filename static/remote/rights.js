/** The rights of a link, which the broker enforces; no I/O. */

/** The procedures that a guest may call (docs/protocol.md, "Rights"). */
export const OF_GUESTS = ["status", "queue/add", "queue/play_next"];

/**
 * Return those of a player's procedures that this role may call.
 * @param {string} role `remote` or `guest`
 * @param {string[]} can
 */
export function permitted(role, can) {
  return role === "guest" ? can.filter((procedure) => OF_GUESTS.includes(procedure)) : can;
}
