/** Reports a page's uncaught errors to the server; loaded only if a setting says so. */

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
 * Report an error once, up to a limit.
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
  // a lost report is not reported
  fetch(new URL("api/page-error", document.baseURI), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
    keepalive: true,
  }).catch(() => {});
}
