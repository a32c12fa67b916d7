import { build } from "./dom.js";

/** One line of text and the button that sends it. */
export class TextForm {
  #shown = "";
  #button;

  /**
   * @param {string} label
   * @param {string} button
   * @param {(text: string) => Promise<boolean>} send resolves with whether it succeeded
   * @param {{ keep?: boolean, attributes?: Record<string, string> }} [options] `keep`: keep the
   *   text after it was sent
   */
  constructor(label, button, send, { keep = false, attributes = {} } = {}) {
    this.input = build("input", {
      type: "text",
      autocomplete: "off",
      required: "",
      ...attributes,
    });
    this.#button = build("button", { type: "submit" }, button);
    this.element = build(
      "form",
      { class: "line" },
      build("label", {}, build("span", {}, label), this.input),
      this.#button,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      if (text) void send(text).then((done) => done && !keep && this.#clear());
    });
  }

  /** @param {boolean} can */
  enable(can) {
    this.element.hidden = !can;
  }

  /**
   * Show a text, unless the user is typing.
   * @param {string} text
   */
  show(text) {
    if (text === this.#shown || document.activeElement === this.input) return;
    this.#shown = text;
    this.input.value = text;
  }

  #clear() {
    this.input.value = "";
  }
}
