/** Reports the uncaught errors of a page to the server; loaded only where a setting asks for it. */

import { withoutSecrets } from "./secrets.js";

const MOST = 20;
const LONGEST = 1400;

/** @type {Set<string>} */
const reported = new Set();

window.addEventListener("error", (event) => {
  report(event.message || "an error", event.error);
});
window.addEventListener("unhandledrejection", (event) => {
  const reason = event.reason;
  report(`not handled: ${reason instanceof Error ? String(reason) : typeof reason}`, reason);
});

/**
 * Tell the server of an error, once, as long as there are not many.
 * @param {string} message
 * @param {unknown} error
 */
function report(message, error) {
  if (reported.has(message) || reported.size >= MOST) return;
  reported.add(message);
  const stack = error instanceof Error && error.stack ? error.stack : "";
  const body = JSON.stringify({
    page: document.documentElement.dataset.page,
    message: withoutSecrets(message).slice(0, LONGEST),
    stack: withoutSecrets(stack).slice(0, LONGEST),
  });
  // A report that does not arrive is not an error to report.
  fetch(new URL("api/page-error", document.baseURI), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
    keepalive: true,
  }).catch(() => {});
}
