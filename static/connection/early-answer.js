/** Takes over the request and the socket that `early.js` opened before the modules ran. */

/**
 * @typedef {import("./api.js").Answer} Answer
 * @typedef {import("./api.js").Fetch} Fetch
 * @typedef {import("../mqtt/transport.js").Dial} Dial
 *
 * @typedef {object} Early
 * @property {string} url
 * @property {string} body
 * @property {Promise<Answer>} answer
 * @property {WebSocket | null} socket
 */

/**
 * Return a `fetch` whose first request to the `early` address gets the early answer.
 * @param {Fetch} fetch
 * @param {Early | undefined} early
 * @returns {Fetch}
 */
export function takeOver(fetch, early) {
  let left = early;
  return (url, options) => {
    const same = left?.url === url && left.body === options?.body;
    if (!left || !same) return fetch(url, options);
    const { answer } = left;
    left = undefined;
    return options.signal ? until(options.signal, answer) : answer;
  };
}

/**
 * Return a `dial` whose first socket is the early one, unless that has ended. Of several brokers,
 * the page may name another one than the credentials: one that has been reached is as good.
 * @param {Dial} dial
 * @param {Early | undefined} early
 * @returns {Dial}
 */
export function takeOverSocket(dial, early) {
  let left = early?.socket;
  return (url) => {
    const socket = left;
    left = undefined;
    if (!socket) return dial(url);
    const { readyState, CONNECTING, OPEN } = socket;
    if (readyState === OPEN || (readyState === CONNECTING && socket.url === url)) return socket;
    if (readyState === CONNECTING) socket.onopen = () => socket.close();
    else socket.close();
    return dial(url);
  };
}

/**
 * @param {AbortSignal} signal
 * @param {Promise<Answer>} answer
 * @returns {Promise<Answer>}
 */
function until(signal, answer) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new DOMException("given up", "AbortError")));
    answer.then(resolve, reject);
  });
}
