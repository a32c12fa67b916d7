import { build, fill } from "./dom.js";

/** Milliseconds for which a message is shown. */
const STAY = 6000;

/** A short message that disappears: an error, or the result of an action. */
export class MessageToast extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  #lasting = false;
  /** @type {string | null | undefined} */
  #film = undefined;

  /** Make screen readers announce the element. */
  mount() {
    this.setAttribute("role", "alert");
  }

  /**
   * Show `text` in place of the present one.
   * @param {string} text
   * @param {string} [detail] in smaller letters
   * @param {"error" | "news"} [kind]
   * @param {object} [options]
   * @param {boolean} [options.lasting] whether it stays when another film is loaded
   * @param {string | null | undefined} [options.film] the film with which it stays, when that one returns
   */
  tell(text, detail = "", kind = "error", { lasting = false, film = undefined } = {}) {
    clearTimeout(this.#timer);
    this.#lasting = lasting;
    this.#film = film;
    const words = build("span", {}, build("p", {}, text));
    if (detail) words.append(" ", build("p", { class: "detail" }, detail));
    fill(this, build("div", { class: `message ${kind}` }, words));
    this.#timer = setTimeout(() => fill(this), STAY);
  }

  /**
   * Remove a message about the film before, because another one is loaded.
   * @param {string | null} film
   */
  filmChanged(film) {
    if (!this.#lasting && film !== this.#film) fill(this);
  }
}
