/** Takes over the one request that `early.js` has sent before the modules ran. */

/**
 * @typedef {object} Early
 * @property {string} url
 * @property {string} body
 * @property {Promise<Response>} answer
 */

/**
 * Return `fetch`, but the first request that is the `early` one gets the answer to that.
 * @param {typeof globalThis.fetch} fetch
 * @param {Early | undefined} early
 * @returns {typeof globalThis.fetch}
 */
export function takeOver(fetch, early) {
  let left = early;
  return (url, options) => {
    const same = left && left.url === url && options && left.body === options.body;
    if (!left || !same) return fetch(url, options);
    const { answer } = left;
    left = undefined;
    return options.signal ? until(options.signal, answer) : answer;
  };
}

/**
 * @param {AbortSignal} signal
 * @param {Promise<Response>} answer
 * @returns {Promise<Response>}
 */
function until(signal, answer) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new DOMException("given up", "AbortError")));
    answer.then(resolve, reject);
  });
}
