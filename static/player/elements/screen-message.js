import { build, fill, flag } from "../../elements/dom.js";

/** Longer texts, in characters, are set in smaller letters. */
const LONG = 300;

/** A text over the picture, for some seconds. */
export class ScreenMessage extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /** Make screen readers announce the element. */
  mount() {
    this.setAttribute("role", "status");
  }

  /**
   * Show `text` in place of the present one.
   * @param {string} text
   * @param {number} seconds
   */
  tell(text, seconds) {
    clearTimeout(this.#timer);
    fill(this, build("p", {}, text));
    this.classList.toggle("long", text.length > LONG);
    flag(this, "hidden", false);
    this.#timer = setTimeout(() => flag(this, "hidden", true), seconds * 1000);
  }
}
