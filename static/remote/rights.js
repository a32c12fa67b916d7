/** What the link in a phone's hand lets a person do; no I/O. The broker enforces it. */

/** Procedures of a player that a guest may call (docs/protocol.md, "Who may do what"). */
export const OF_GUESTS = ["status", "queue/add", "queue/play_next"];

/**
 * Return those of a player's procedures that a person with this role may call.
 * @param {string} role `remote` or `guest`
 * @param {string[]} can
 */
export function permitted(role, can) {
  return role === "guest" ? can.filter((procedure) => OF_GUESTS.includes(procedure)) : can;
}
