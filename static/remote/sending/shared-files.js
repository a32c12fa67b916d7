/** Files that another app shared with the installed remote, as `share-worker.js` keeps them. */

/** The address that the manifest names, and the worker is of. */
const SHARE = "share";
const CACHE = "zapette-shared";
const NAME = "X-Name";

/** Let the installed remote receive files; only secure origins have workers. */
export async function receiveShared() {
  try {
    await navigator.serviceWorker?.register("static/share-worker.js", { scope: SHARE });
  } catch {
    // without it the server answers, and no file comes
  }
}

/**
 * Return the files that were shared last; they are kept no longer.
 * @returns {Promise<File[]>}
 */
export async function takeShared() {
  if (!window.caches) return [];
  const place = `${CACHE} ${new URL(SHARE, document.baseURI).href}`;
  if (!(await caches.has(place))) return [];
  const cache = await caches.open(place);
  const found = await Promise.all((await cache.keys()).map((key) => cache.match(key)));
  const files = await Promise.all(found.map((it) => (it ? fileOf(it) : null)));
  await caches.delete(place);
  return files.flatMap((it) => (it ? [it] : []));
}

/** Return whether a share failed on its way to this page. */
export function shareFailed() {
  return new URLSearchParams(location.search).has("shared_failed");
}

/** @param {Response} response */
async function fileOf(response) {
  const type = response.headers.get("Content-Type") ?? "";
  const name = decodeURIComponent(response.headers.get(NAME) ?? "");
  return new File([await response.blob()], name, { type });
}
