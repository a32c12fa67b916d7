/** The views behind the first screen, loaded together when the first one is opened. */

export { showCodeEntry } from "./code-entry-page.js";
export * as library from "./elements/library/library-view.js";
export * as more from "./elements/more-view.js";
export * as queue from "./elements/queue-view.js";
