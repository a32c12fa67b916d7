/** The places of a picture that is shown for hours, to prevent burn-in; no I/O. */

/** The plastic number: multiples of its inverse powers fill a square evenly. */
const PLASTIC = 1.32471795724474602596;

/**
 * Return the place for a step, each coordinate from 0 (left, top) to 1 (right, bottom).
 * @param {number} step from 0
 * @returns {{ x: number, y: number }}
 */
export function placeAt(step) {
  return { x: (0.5 + step / PLASTIC) % 1, y: (0.5 + step / PLASTIC ** 2) % 1 };
}
