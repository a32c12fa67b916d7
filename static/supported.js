/*
 * Says in words that a browser is too old for the pages; a classic script in the oldest syntax, so
 * that such a browser can run it. Array.prototype.at stands for all that mqtt.js needs beyond our
 * own modules (Chromium 92, Firefox 90, Safari 15.4).
 */
(function () {
  var enough =
    "noModule" in document.createElement("script") &&
    "customElements" in window &&
    "WebSocket" in window &&
    "AbortController" in window &&
    "at" in Array.prototype;
  if (enough) return;
  var french = /^fr/i.test(navigator.language || "");
  var text = french
    ? "Ce navigateur est trop ancien pour Zapette. Il faut au moins Chromium 92, Firefox 90 ou Safari 15.4."
    : "This browser is too old for Zapette. It takes Chromium 92, Firefox 90 or Safari 15.4 at least.";
  var notice = document.createElement("p");
  notice.className = "too-old";
  notice.setAttribute("role", "alert");
  notice.appendChild(document.createTextNode(text));
  document.body.setAttribute("data-connection", "unsupported");
  document.body.insertBefore(notice, document.body.firstChild);
})();
