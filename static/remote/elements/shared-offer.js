import { build, fill, flag } from "../../elements/dom.js";
import { shareFailed, takeShared } from "../sending/shared-files.js";
import { viewIcon } from "./view-icons.js";

/** @typedef {import("../../elements/view-element.js").Translate} Translate */

/** Offers to send what another app shared with the remote. */
export class SharedOffer {
  #translate;
  /** @type {File[]} */
  #files = [];
  #words = build("span", { class: "name", role: "status" });
  #play = build("button", { type: "button", class: "tool" }, viewIcon("phone"));
  #add = build("button", { type: "button", class: "tool" }, viewIcon("add"));
  #end = build("button", { type: "button", class: "tool" }, viewIcon("close"));
  #row = build("div", { class: "row" }, build("div", { class: "words" }, this.#words));
  /** empty while nothing was shared */
  element = build("div", { hidden: "" });

  /**
   * @param {Translate} translate
   * @param {(files: File[], plays: boolean) => void} take sends them
   */
  constructor(translate, take) {
    this.#translate = translate;
    const chosen = (/** @type {boolean} */ plays) => {
      take(this.#files, plays);
      this.#close();
    };
    this.#play.addEventListener("click", () => chosen(true));
    this.#add.addEventListener("click", () => chosen(false));
    this.#end.addEventListener("click", () => this.#close());
    this.#row.append(this.#play, this.#add, this.#end);
  }

  /** Look what was shared. */
  async open() {
    const failed = shareFailed();
    this.#files = await takeShared();
    const [first] = this.#files;
    if (!first && !failed) return;
    const more = String(this.#files.length - 1);
    const title = !first
      ? ""
      : more === "0"
        ? first.name
        : this.#translate("shared.several", { name: first.name, more });
    this.#words.textContent = title || this.#translate("shared.failed");
    this.#name(this.#play, "library.play", title);
    this.#name(this.#add, "library.add", title);
    this.#name(this.#end, "upload.dismiss", title);
    flag(this.#play, "disabled", !first);
    flag(this.#add, "disabled", !first);
    fill(this.element, this.#row);
    this.element.hidden = false;
  }

  /**
   * Offer what the person may do.
   * @param {boolean} plays
   * @param {boolean} adds
   */
  show(plays, adds) {
    flag(this.#play, "hidden", !plays);
    flag(this.#add, "hidden", !adds);
  }

  #close() {
    this.#files = [];
    fill(this.element);
    this.element.hidden = true;
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {import("../../i18n/translate.js").Key} key
   * @param {string} name
   */
  #name(button, key, name) {
    button.setAttribute("aria-label", this.#translate(key, { name, title: name }));
  }
}
