/** Detects when a page was suspended or changed networks. */

/**
 * Call `wake` each time.
 * @param {Window} page
 * @param {() => void} wake
 */
export function listenToWaking(page, wake) {
  page.document.addEventListener("visibilitychange", () => {
    if (!page.document.hidden) wake();
  });
  for (const type of ["pageshow", "online", "offline"]) page.addEventListener(type, wake);
}
