/** Imports modules when they are wanted, although an earlier import may have failed. */

let failures = 0;

/**
 * Return a module. A browser remembers that an import failed, so the next one needs another address.
 *
 * @template T
 * @param {() => Promise<T>} load imports it for the first time
 * @param {string} address of the module
 * @returns {Promise<T>}
 */
export async function importLate(load, address) {
  try {
    return await load();
  } catch {
    // the network was away, or still is
  }
  try {
    // another fragment is another module for the browser, and the same one is not read again
    return await import(`${address}#${failures}`);
  } catch (error) {
    failures += 1;
    await reloadIfOutdated();
    throw error;
  }
}

/** Reload a page of another version than the server's, which does not have its files any more. */
async function reloadIfOutdated() {
  const [version] = /\/v-[0-9a-f]{16}\//.exec(import.meta.url) ?? [];
  if (!version) return;
  const page = await fetch(location.href)
    .then((answer) => (answer.ok ? answer.text() : version))
    .catch(() => version);
  if (!page.includes(version)) location.reload();
}
