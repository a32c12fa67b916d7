/** Errors of hls.js as flaws of the medium; no I/O. */

import { flawOfAnswer } from "./delivery/answer-errors.js";

/** @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").ErrorData} ErrorData */

/**
 * Return whether the server is still reading other films, and did not refuse this one.
 * @param {ErrorData} data
 */
export function isBusy(data) {
  const { details, response } = data;
  return (
    details === "manifestLoadError" && response?.code === 503 && flawOf(data).reason === "network"
  );
}

/**
 * @param {ErrorData} data
 * @returns {import("./media-errors.js").Flaw}
 */
export function flawOf({ type, details, response, networkDetails }) {
  if (response && response.code >= 400)
    return flawOfAnswer(response.code, networkDetails ? networkDetails.response : "");
  if (type === "networkError")
    return { reason: "network", words: "the network failed while it was loading" };
  const words = `it is damaged, or in a format that this browser cannot decode (${details})`;
  return { reason: "damaged", words };
}
