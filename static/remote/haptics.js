/** Haptic feedback, where supported (Android; not iOS, not Firefox). */

const TAP = 12;
const FAILURE = [30, 60, 30];

/**
 * Vibrate briefly whenever a control of `page` is pressed.
 * @param {Document} page
 */
export function feelPresses(page) {
  page.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("button, nav a")) vibrate(TAP);
  });
}

/** Vibrate for a failed request. */
export function feelFailure() {
  vibrate(FAILURE);
}

/** @param {number | number[]} pattern milliseconds */
function vibrate(pattern) {
  const { vibrate: can, userActivation } = navigator;
  // before the first touch, browsers would log a warning
  if (!can || (userActivation && !userActivation.hasBeenActive)) return;
  navigator.vibrate(pattern);
}
