/** What the remote loads when it is first wanted, together: the views behind the first screen. */

export { showCodeEntry } from "./code-entry-page.js";
export * as library from "./elements/library/library-view.js";
export * as more from "./elements/more-view.js";
export * as queue from "./elements/queue-view.js";
