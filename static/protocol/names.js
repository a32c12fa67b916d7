/** Names of players (docs/protocol.md, "Procedures"); no I/O. */

/** Control characters, line breaks, and what turns the direction of text around. */
const UNSEEN = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Nothing but what joins characters or takes room, and shows nothing by itself. */
const BLANK =
  /^[\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\u{e0000}-\u{e0fff}]*$/u;

/**
 * Return the name that a text stands for; empty if nothing of it can be seen.
 *
 * @param {string} text
 */
export function plainName(text) {
  const plain = text.replace(UNSEEN, "").trim();
  return BLANK.test(plain) ? "" : plain;
}
