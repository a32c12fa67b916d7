/** A tap that can be felt, where the device has the means (Android; not iOS, not Firefox). */

const TAP = 12;
const FAILURE = [30, 60, 30];

/**
 * Let the device tick whenever a control of `page` is pressed.
 * @param {Document} page
 */
export function feelPresses(page) {
  page.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("button, nav a")) vibrate(TAP);
  });
}

/** Let the person feel that what they asked for was not done. */
export function feelFailure() {
  vibrate(FAILURE);
}

/** @param {number | number[]} pattern milliseconds */
function vibrate(pattern) {
  const { vibrate: can, userActivation } = navigator;
  // A browser that has not been touched yet complains on its console.
  if (!can || (userActivation && !userActivation.hasBeenActive)) return;
  navigator.vibrate(pattern);
}
