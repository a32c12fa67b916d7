/** The tab of a remote's view was pressed. */

import { PageEvent } from "./page-event.js";

export class ViewChoice extends PageEvent {
  /** @override */
  static type = "viewchoice";

  /** @param {"now" | "queue" | "library" | "more"} view */
  constructor(view) {
    super();
    this.view = view;
  }
}
