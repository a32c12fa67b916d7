/** Asks again for a picture that could not be had, as one that is still being made. */

/** Milliseconds until the first attempt; each later one waits twice as long. */
const DELAY = 1500;
/** Attempts, the last one a minute and a half after the first. */
const ATTEMPTS = 6;

/**
 * Ask again for whatever `image` is to show, as long as it is to show that.
 * @param {HTMLImageElement} image
 */
export function retryPicture(image) {
  let failed = "";
  let attempts = 0;
  image.addEventListener("error", () => {
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
