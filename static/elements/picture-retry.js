/** Shows a picture, and retries while the server is still making it. */

import { flag } from "./dom.js";

/** Milliseconds until the first retry; each later one waits twice as long. */
const DELAY = 1500;
/** The number of retries, the last one a minute and a half after the first. */
const ATTEMPTS = 6;

/**
 * Show `image` while it has its picture, and retry a failed one until its address changes.
 * @param {HTMLImageElement} image
 */
export function retryPicture(image) {
  let failed = "";
  let attempts = 0;
  image.addEventListener("load", () => flag(image, "hidden", false));
  image.addEventListener("error", () => {
    flag(image, "hidden", true);
    const address = image.getAttribute("src");
    if (!address) return;
    attempts = address === failed ? attempts + 1 : 1;
    failed = address;
    if (attempts > ATTEMPTS) return;
    setTimeout(
      () => {
        if (image.getAttribute("src") === address) image.src = address;
      },
      DELAY * 2 ** (attempts - 1),
    );
  });
}
