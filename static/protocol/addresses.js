/** Typed addresses, as the server reads them (`tests/vectors/addresses.json`); no I/O. */

const LONGEST = 2048;
const UNWRITABLE = /[\0-\x1f\x7f\ud800-\udfff]/u;
const WHOLE = /^https?:\/\/[^\s/?#]\S*$/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:(?![0-9])/i;
const NUMBERS = "(?:\\d{1,3}\\.){3}\\d{1,3}";
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
/** The endings of hosts that are recognised, because folders may have names with dots. */
const ENDS =
  "com|org|net|edu|gov|info|io|tv|me|co|app|dev|eu|uk|de|fr|es|it|nl|be|ch|at|pt|pl|cz|se|no|fi" +
  "|dk|ie|us|ca|au|nz|jp|cn|kr|in|br|mx|ar|ru|ua|tr|za|gg|ly|to|cc";
const HOME_ENDS = "local|lan|home|internal|arpa";
const BARE = new RegExp(
  `^(?:(www\\.(?:${LABEL}\\.)+[a-z]{2,})|(?:${LABEL}\\.)+(?:${ENDS})` +
    `|(${NUMBERS}|localhost|(?:${LABEL}\\.)+(?:${HOME_ENDS})))(:\\d{1,5})?([/?]\\S*)?$`,
);

/**
 * Return the http or https address in a text; null if it is not an address.
 *
 * Without a scheme it needs `www.`, or something after the host: `example.org/film.mp4`. Hosts in a
 * home or with a port get `http`, others `https`.
 * @param {string} text
 */
export function readAddress(text) {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST || UNWRITABLE.test(trimmed)) return null;
  if (WHOLE.test(trimmed)) return trimmed;
  const found = SCHEME.test(trimmed) ? null : BARE.exec(trimmed);
  if (!found) return null;
  const [, www, home, port, rest] = found;
  if (!www && !rest) return null;
  return `${home || port ? "http" : "https"}://${trimmed}`;
}
