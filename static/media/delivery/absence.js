/** Asks the server whether it has a medium that the library does not know. */

/** Milliseconds that playback waits for the answer. */
const PATIENCE = 1500;
const NOT_FOUND = 404;

/**
 * Return the flaw of a medium that is not in the media folder; null if it may be there.
 * @param {import("../../protocol/sources.js").Source} source
 * @returns {Promise<import("../media-errors.js").Flaw | null>}
 */
export async function absence({ path, url }) {
  if (path === null) return null;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const { status } = await fetch(url, { method: "HEAD", signal: patience.signal });
    return status === NOT_FOUND ? { reason: "unknown", words: "it was not found", status } : null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
