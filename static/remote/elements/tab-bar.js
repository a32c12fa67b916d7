import { ViewChoice } from "../../events/view-choice.js";
import { routeTo, writeRoute } from "../route.js";
import { build, fill, icon } from "../../elements/dom.js";

/**
 * @typedef {import("../route.js").ViewName} ViewName
 */

/** The tabs of the remote's views: links, so that each can be bookmarked. */
export class TabBar extends HTMLElement {
  /** @type {Map<ViewName, HTMLAnchorElement>} */
  #links = new Map();

  /** @param {import("../../elements/view-element.js").Translate} translate */
  mount(translate) {
    this.#links = new Map([
      ["now", tab("remote", translate("view.now"))],
      ["queue", tab("queue", translate("view.queue"))],
      ["library", tab("library", translate("view.library"))],
      ["more", tab("more", translate("view.more"))],
    ]);
    fill(this, ...Array.from(this.#links.values()));
    for (const [view, link] of Array.from(this.#links)) {
      link.dataset.view = view;
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.dispatchEvent(new ViewChoice(view));
      });
    }
  }

  /**
   * Mark the open view.
   * @param {ViewName} open
   * @param {string} fragment of the player's link, with its `#`
   */
  show(open, fragment) {
    for (const [view, link] of Array.from(this.#links)) {
      link.href = writeRoute(routeTo(view), fragment);
      if (view === open) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
}

/**
 * @param {import("../../elements/dom.js").IconName} name
 * @param {string} text
 */
function tab(name, text) {
  return build("a", {}, icon(name), build("span", {}, text));
}
