import { build } from "./dom.js";

/** Milliseconds that a message stays. */
const STAY = 6000;
/** How many are shown at once. */
const MOST = 3;

/** Short messages that come and go: what went wrong with what the person just did. */
export class MessageToast extends HTMLElement {
  /** Make the element one that a screen reader reads out. */
  mount() {
    this.setAttribute("role", "alert");
    this.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target !== this) {
        const message = event.target.closest(".message");
        if (message) message.remove();
      }
    });
  }

  /**
   * Show `text`; the same text twice is shown once.
   * @param {string} text
   * @param {string} [detail] in smaller letters
   * @param {"error" | "news"} [kind]
   */
  tell(text, detail = "", kind = "error") {
    for (const shown of Array.from(this.children)) {
      if (shown.getAttribute("data-message") === text) shown.remove();
    }
    while (this.children.length >= MOST) this.children[0].remove();
    const attributes = { class: `message ${kind}`, "data-message": text };
    const message = build("div", attributes, build("p", {}, text));
    if (detail) message.append(build("p", { class: "detail" }, detail));
    this.append(message);
    setTimeout(() => message.remove(), STAY);
  }
}
