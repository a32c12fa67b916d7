/**
 * Takes what another app shares with the installed remote, keeps the files in it on this device, and
 * opens the remote: a service worker of the address `share` alone, so that no page waits for it.
 */

/** The TypeScript library for service workers contradicts that for pages. @type {any} */
const worker = self;
/** The names are those in `remote.webmanifest` and `remote/sending/shared-files.js`. */
const FILES = "shared_files";
const CACHE = "zapette-shared";
const NAME = "X-Name";

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  if (event.request.method === "POST") event.respondWith(received(event.request));
});

/** @param {Request} request */
async function received(request) {
  const query = new URLSearchParams({ view: "library" });
  try {
    const form = await request.formData();
    const kept = await keep(form.getAll(FILES));
    if (!kept) form.forEach((value, name) => typeof value === "string" && query.set(name, value));
  } catch {
    // too large for this device, most likely
    query.set("shared_failed", "1");
  }
  return Response.redirect(new URL(`remote?${query}`, worker.registration.scope).href, 303);
}

/**
 * Keep files in place of those that were shared before; return how many.
 * @param {FormDataEntryValue[]} given
 */
async function keep(given) {
  const place = `${CACHE} ${worker.registration.scope}`;
  await caches.delete(place);
  // a form without files may have an empty one
  const files = given.flatMap((it) => (it instanceof File && it.size > 0 ? [it] : []));
  if (!files.length) return 0;
  const cache = await caches.open(place);
  const put = (/** @type {File} */ file, /** @type {number} */ index) =>
    cache.put(`share/${index}`, new Response(file, { headers: headersOf(file) }));
  await Promise.all(files.map(put));
  return files.length;
}

/** @param {File} file */
function headersOf({ name, type }) {
  return { [NAME]: encodeURIComponent(name), ...(type ? { "Content-Type": type } : {}) };
}
