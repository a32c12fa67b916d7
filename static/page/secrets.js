/** Removes ids, keys and tokens, in the forms of docs/protocol.md, from texts that leave a page. */

/** @type {[RegExp, string][]} */
const SECRETS = [
  [/#[^\s:)]*/g, "#…"],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, "<token>"],
  [/\b[0-9a-f]{32}\b/g, "<id>"],
  [/(^|[^\w-])[\w-]{22}(?![\w-])/g, "$1<key>"],
];

/**
 * Return `text` without fragments of addresses and anything like an id, key or token.
 * @param {string} text
 */
export function withoutSecrets(text) {
  return SECRETS.reduce((rest, [pattern, name]) => rest.replace(pattern, name), text);
}
