/**
 * Asks for the credentials of a remote and reaches for the broker while all else of the page is on its
 * way: a classic script that stands in the page itself, because it waits for nothing. early_answer.js takes
 * both over.
 */
(function () {
  var link = /^#([0-9a-f]{32})\.([\w-]{22,128})$/.exec(location.hash);
  if (!link || !window.fetch) return;
  var body = JSON.stringify({ id: link[1], key: link[2] });
  var url = new URL("api/credentials", document.baseURI).href;
  var headers = { "Content-Type": "application/json" };
  var options = {
    method: "POST",
    cache: /** @type {const} */ ("no-store"),
    headers: headers,
    body: body,
  };
  // Read to its end, so that the modules need wait for nothing.
  var answer = fetch(url, options).then(function (response) {
    return response.json().then(
      function (value) {
        return read(response, value);
      },
      function () {
        return read(response, null);
      },
    );
  });
  var socket = reach(document.documentElement.dataset.broker || "");
  answer.then(
    function (response) {
      if (socket && !response.ok) leave(socket);
    },
    // Who takes it over tells the person; if nobody does, there is nobody to tell.
    function () {},
  );
  window.zapetteEarly = { url: url, body: body, answer: answer, socket: socket };

  /**
   * @param {Response} response
   * @param {unknown} value
   */
  function read(response, value) {
    var json = Promise.resolve(value);
    return {
      ok: response.ok,
      status: response.status,
      json: function () {
        return json;
      },
    };
  }

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
