import { ApiError } from "../../protocol/errors.js";
import { describeError } from "../../i18n/error-texts.js";
import { writeLink } from "../../connection/links.js";
import { build } from "../../elements/dom.js";
import { TextForm } from "../../elements/text-form.js";

/** A field for a player's code, which opens its remote. */
export class CodeEntry {
  #translate;
  #api;
  #problem = build("p", { class: "problem", role: "alert" });

  /**
   * @param {import("../../elements/view-element.js").Translate} translate
   * @param {import("../../connection/api.js").Api} api
   */
  constructor(translate, api) {
    this.#translate = translate;
    this.#api = api;
    const attributes = { inputmode: "numeric", maxlength: "20", placeholder: "0000-0000" };
    const form = new TextForm(
      translate("code.label"),
      translate("code.open"),
      (code) => this.#try(code),
      { keep: true, attributes },
    );
    this.element = build("div", { class: "code" }, form.element, this.#problem);
  }

  /** @param {string} code */
  async #try(code) {
    this.#problem.textContent = "";
    try {
      const fragment = writeLink(await this.#api.pair(code));
      // the link that is open already changes nothing in the address
      if (fragment === location.hash) location.reload();
      else location.hash = fragment;
      return true;
    } catch (error) {
      const misread = error instanceof ApiError && error.code === "invalid_request";
      this.#problem.textContent = misread
        ? this.#translate("code.digits")
        : describeError(error, this.#translate).text;
      return false;
    }
  }
}
