/** Waits for events of a media element. */

/**
 * Resolve at the first of these events.
 * @param {EventTarget} media
 * @param {...string} types
 * @returns {Promise<void>}
 */
export function until(media, ...types) {
  return new Promise((resolve) => {
    const arrived = () => {
      for (const type of types) media.removeEventListener(type, arrived);
      resolve();
    };
    for (const type of types) media.addEventListener(type, arrived);
  });
}
