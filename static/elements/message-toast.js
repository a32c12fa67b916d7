import { build, fill } from "./dom.js";

/** Milliseconds that a message stays. */
const STAY = 6000;

/** One short message that comes and goes: what went wrong, or what became of what the person did. */
export class MessageToast extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  #lasting = false;

  /** Make the element one that a screen reader reads out. */
  mount() {
    this.setAttribute("role", "alert");
  }

  /**
   * Show `text` in place of what is shown.
   * @param {string} text
   * @param {string} [detail] in smaller letters
   * @param {"error" | "news"} [kind]
   * @param {{ lasting?: boolean }} [options] `lasting`: it is no less true when another film is loaded
   */
  tell(text, detail = "", kind = "error", { lasting = false } = {}) {
    clearTimeout(this.#timer);
    this.#lasting = lasting;
    const words = build("span", {}, build("p", {}, text));
    if (detail) words.append(" ", build("p", { class: "detail" }, detail));
    fill(this, build("div", { class: `message ${kind}` }, words));
    this.#timer = setTimeout(() => fill(this), STAY);
  }

  /** Another film is loaded: what was said of the one before holds no longer. */
  filmChanged() {
    if (!this.#lasting) fill(this);
  }
}
