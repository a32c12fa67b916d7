/** Where a picture that stands for hours is put next, so that no screen keeps a mark of it; no I/O. */

/** The plastic number: multiples of its inverse powers fill a square evenly. */
const PLASTIC = 1.32471795724474602596;

/**
 * Return the place of the `step`th turn, each part from 0 (left, above) to 1 (right, below).
 * @param {number} step from 0
 * @returns {{ x: number, y: number }}
 */
export function placeAt(step) {
  return { x: (0.5 + step / PLASTIC) % 1, y: (0.5 + step / PLASTIC ** 2) % 1 };
}
