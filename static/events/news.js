/** A message for the person that is not an error. */

import { PageEvent } from "./page-event.js";

export class News extends PageEvent {
  /** @override */
  static type = "news";

  /** @param {string} text */
  constructor(text) {
    super();
    this.text = text;
  }
}
