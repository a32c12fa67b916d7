/*
 * Shows that a browser is too old for the pages; a classic script in the oldest syntax, so that such
 * a browser can run it. Object.fromEntries detects ES2019, the target of the modules; Safari makes
 * an EventTarget since 14; the styles need Chromium 79 or Firefox 75.
 */
(function () {
  var enough =
    "noModule" in document.createElement("script") &&
    "customElements" in window &&
    "WebSocket" in window &&
    "AbortController" in window &&
    "fromEntries" in Object &&
    makesEventTargets();
  if (enough) return;
  var french = /^fr/i.test(navigator.language || "");
  var text = french
    ? "Ce navigateur est trop ancien pour Zapette. Il faut au moins Chromium 79, Firefox 75 ou Safari 14."
    : "This browser is too old for Zapette. It takes Chromium 79, Firefox 75 or Safari 14 at least.";
  var notice = document.createElement("p");
  notice.className = "too-old";
  notice.setAttribute("role", "alert");
  notice.appendChild(document.createTextNode(text));
  document.body.setAttribute("data-connection", "unsupported");
  document.body.insertBefore(notice, document.body.firstChild);

  function makesEventTargets() {
    try {
      return Boolean(new EventTarget());
    } catch (error) {
      return false;
    }
  }
})();
