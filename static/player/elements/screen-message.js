import { build, fill, flag } from "../../elements/dom.js";

/** A text over the picture, for some seconds. */
export class ScreenMessage extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /** Make screen readers announce the element, and its text fit windows of any size. */
  mount() {
    this.setAttribute("role", "status");
    addEventListener("resize", () => this.#fit());
  }

  /**
   * Show `text` in place of the present one.
   * @param {string} text
   * @param {number} seconds
   */
  tell(text, seconds) {
    clearTimeout(this.#timer);
    fill(this, build("p", {}, text));
    flag(this, "hidden", false);
    this.#fit();
    this.#timer = setTimeout(() => flag(this, "hidden", true), seconds * 1000);
  }

  /** Make the letters of a long text smaller, and mark one that is too long all the same. */
  #fit() {
    this.classList.remove("small", "cut");
    for (const name of ["small", "cut"]) {
      this.classList.toggle(name, this.scrollHeight > this.clientHeight);
    }
  }
}
