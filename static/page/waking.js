/** The moments at which a page may have slept or changed networks. */

/**
 * Call `wake` at each of them.
 * @param {Window} page
 * @param {() => void} wake
 */
export function listenToWaking(page, wake) {
  page.document.addEventListener("visibilitychange", () => {
    if (!page.document.hidden) wake();
  });
  for (const type of ["pageshow", "online", "offline"]) page.addEventListener(type, wake);
}
