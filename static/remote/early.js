/**
 * Requests a remote's credentials and connects to the broker while the page still loads. This is a
 * classic script inside the page, so that nothing delays it. early-answer.js takes over both.
 */
(function () {
  var link = /^#([0-9a-f]{32})\.([\w-]{22,128})$/.exec(location.hash);
  if (!link || !window.fetch) return;
  // first, because browsers take longest for it
  var socket = reach(document.documentElement.dataset.broker || "");
  var body = JSON.stringify({ id: link[1], key: link[2] });
  var url = new URL("api/credentials", document.baseURI).href;
  var headers = { "Content-Type": "application/json" };
  var options = {
    method: "POST",
    cache: /** @type {const} */ ("no-store"),
    headers: headers,
    body: body,
  };
  // read to the end, so that the modules need not wait
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
  answer.then(
    function (response) {
      if (socket && !response.ok) leave(socket);
    },
    // early-answer.js reports the error
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
   * Close a socket; one that still connects later, because browsers would log a warning.
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
      // the connection retries and reports the error
      return null;
    }
  }
})();
