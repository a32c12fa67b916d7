/*
 * Asks for the credentials of a remote and reaches for the broker while its modules are still on
 * their way: a classic script, because those run as soon as the page is there. early_answer.js takes
 * both over.
 */
(function () {
  var link = /^#([0-9a-f]{32})\.([\w-]{22,128})$/.exec(location.hash);
  if (!link || !window.fetch) return;
  var body = JSON.stringify({ id: link[1], key: link[2] });
  var url = new URL("api/credentials", document.baseURI).href;
  var headers = { "Content-Type": "application/json" };
  var answer = fetch(url, { method: "POST", cache: "no-store", headers: headers, body: body });
  var socket = reach(document.body.dataset.broker || "");
  answer.then(
    function (response) {
      if (socket && !response.ok) leave(socket);
    },
    // Who takes it over tells the person; if nobody does, there is nobody to tell.
    function () {},
  );
  window.zapetteEarly = { url: url, body: body, answer: answer, socket: socket };

  /**
   * Close a socket; one that still connects only then, lest the browser write of it on the console.
   * @param {WebSocket} it
   */
  function leave(it) {
    it.onopen = function () {
      it.close();
    };
    if (it.readyState === it.OPEN) it.close();
  }

  /** @param {string} broker */
  function reach(broker) {
    try {
      return new WebSocket(broker, "mqtt");
    } catch (error) {
      // It may not be opened from here: the module that tries it again tells the person.
      return null;
    }
  }
})();
