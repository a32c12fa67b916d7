import { build, fill } from "./dom.js";

/** Milliseconds for which a message is shown. */
const STAY = 6000;

/** A short message that disappears: an error, or the result of an action. */
export class MessageToast extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  #lasting = false;

  /** Make screen readers announce the element. */
  mount() {
    this.setAttribute("role", "alert");
  }

  /**
   * Show `text` in place of the present one.
   * @param {string} text
   * @param {string} [detail] in smaller letters
   * @param {"error" | "news"} [kind]
   * @param {{ lasting?: boolean }} [options] `lasting`: it stays when another film is loaded
   */
  tell(text, detail = "", kind = "error", { lasting = false } = {}) {
    clearTimeout(this.#timer);
    this.#lasting = lasting;
    const words = build("span", {}, build("p", {}, text));
    if (detail) words.append(" ", build("p", { class: "detail" }, detail));
    fill(this, build("div", { class: `message ${kind}` }, words));
    this.#timer = setTimeout(() => fill(this), STAY);
  }

  /** Remove a message about the film before, because another one is loaded. */
  filmChanged() {
    if (!this.#lasting) fill(this);
  }
}
