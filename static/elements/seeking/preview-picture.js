/** A small picture at a position in a film, from the sheet that the server makes. */

import { build } from "../dom.js";
import { retryPicture } from "../picture-retry.js";

/** The tiles of a sheet (docs/library-api.md), which stand for `COUNT` equal parts of a film. */
export const COLUMNS = 10;
export const COUNT = 200;
/** The size of a tile, in pixels. */
export const WIDTH = 160;
export const HEIGHT = 90;

export class PreviewPicture {
  /** hidden until the sheet is loaded */
  element = build("img", { class: "tile", alt: "", hidden: "" });
  /** the address of the sheet; empty for none */
  #address = "";

  constructor() {
    retryPicture(this.element);
  }

  /**
   * Set the address of the sheet, which is fetched later; empty for none.
   * @param {string} address
   */
  offer(address) {
    if (address === this.#address) return;
    this.#address = address;
    this.element.hidden = true;
    this.element.removeAttribute("src");
  }

  /** Fetch the sheet. */
  load() {
    if (this.#address && !this.element.hasAttribute("src")) this.element.src = this.#address;
  }

  /**
   * Show the tile of a position.
   * @param {number} part of the film, 0 to 1
   */
  show(part) {
    const number = Math.min(COUNT - 1, Math.floor(part * COUNT));
    const left = (number % COLUMNS) * WIDTH;
    const top = Math.floor(number / COLUMNS) * HEIGHT;
    this.element.style.objectPosition = `${-left}px ${-top}px`;
  }
}
