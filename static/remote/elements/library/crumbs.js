import { crumbs } from "../../../library/library.js";
import { build, fill, flag } from "../../../elements/dom.js";
import { viewIcon } from "../view-icons.js";

/** The path of the open folder; each step opens its folder. */
export class Crumbs {
  #translate;
  #open;
  #list = build("ol", { class: "crumbs" });

  /**
   * @param {import("../../../elements/view-element.js").Translate} translate
   * @param {(path: string) => void} open
   */
  constructor(translate, open) {
    this.#translate = translate;
    this.#open = open;
    this.element = build("div", { role: "group", "aria-label": translate("library.where") });
    this.element.append(this.#list);
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    flag(this.element, "hidden", hidden);
  }

  /** @param {string} path */
  draw(path) {
    const steps = crumbs(path);
    fill(
      this.#list,
      ...steps.map((step, index) => {
        const text = step.name || this.#translate("library.all");
        if (index === steps.length - 1) {
          return build("li", {}, build("span", { "aria-current": "location" }, text));
        }
        const link = build("button", { type: "button", class: "quiet" }, text);
        link.addEventListener("click", () => this.#open(step.path));
        return build("li", {}, link, viewIcon("into"));
      }),
    );
  }
}
