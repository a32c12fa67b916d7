/** Names of players (docs/protocol.md, "Procedures"); no I/O. */

/** Control characters, line breaks, and what turns the direction of text around. */
const UNSEEN = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Return the name that a text stands for; empty if nothing of it can be seen.
 *
 * @param {string} text
 */
export function plainName(text) {
  return text.replace(UNSEEN, "").trim();
}
