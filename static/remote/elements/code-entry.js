import { ApiError } from "../../protocol/errors.js";
import { describeError } from "../../i18n/error-texts.js";
import { writeLink } from "../links.js";
import { build } from "../../elements/dom.js";
import { TextForm } from "../../elements/text-form.js";

/** Takes the short code that a player shows, and opens the remote that it stands for. */
export class CodeEntry {
  /**
   * @param {import("../../elements/view.js").Translate} translate
   * @param {import("../../connection/api.js").Api} api
   * @param {(fragment: string) => void} [open]
   */
  constructor(translate, api, open = (fragment) => void (location.hash = fragment)) {
    /** @private */
    this._translate = translate;
    /** @private */
    this._api = api;
    /** @private */
    this._open = open;
    /** @private */
    this._problem = build("p", { class: "problem", role: "alert" });
    const attributes = { inputmode: "numeric", maxlength: "20", placeholder: "0000-0000" };
    const form = new TextForm(
      translate("code.label"),
      translate("code.open"),
      (code) => this._try(code),
      { keep: true, attributes },
    );
    this.element = build("div", { class: "code" }, form.element, this._problem);
  }

  /**
   * @private
   * @param {string} code
   */
  async _try(code) {
    this._problem.textContent = "";
    try {
      this._open(writeLink(await this._api.pair(code)));
      return true;
    } catch (error) {
      const misread = error instanceof ApiError && error.code === "invalid_request";
      this._problem.textContent = misread
        ? this._translate("code.digits")
        : describeError(error, this._translate).text;
      return false;
    }
  }
}
