import { build, fill, flag } from "../../elements/dom.js";

/** A text over the picture, for some seconds. */
export class ScreenMessage extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /** Make the element one that a screen reader reads out. */
  mount() {
    this.setAttribute("role", "status");
  }

  /**
   * Show `text`, in place of what is shown.
   * @param {string} text
   * @param {number} seconds
   */
  tell(text, seconds) {
    clearTimeout(this.#timer);
    fill(this, build("p", {}, text));
    flag(this, "hidden", false);
    this.#timer = setTimeout(() => flag(this, "hidden", true), seconds * 1000);
  }
}
