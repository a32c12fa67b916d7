import { build, fill, flag } from "../../../elements/dom.js";

/** The progress of the library's index. */
export class IndexProgress {
  #translate;
  element = build("div", { class: "index", hidden: "" });

  /** @param {import("../../../elements/view-element.js").Translate} translate */
  constructor(translate) {
    this.#translate = translate;
  }

  /**
   * Show it; return whether the index is still being built.
   *
   * @param {import("../../../library/library.js").Listing["index"]} index
   */
  show({ state, media, probed }) {
    const busy = state === "scanning" || state === "probing";
    flag(this.element, "hidden", !busy && state !== "unavailable");
    if (state === "unavailable") this.element.textContent = this.#translate("library.unavailable");
    if (!busy) return false;
    const bar = build("progress", { max: String(Math.max(1, media)), "aria-hidden": "true" });
    if (state === "probing") bar.value = probed;
    const words =
      state === "scanning"
        ? this.#translate("library.scanning", { count: media })
        : this.#translate("library.probing", { count: probed, total: media });
    fill(this.element, build("p", {}, words), bar);
    return true;
  }
}
