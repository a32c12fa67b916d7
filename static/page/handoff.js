/** What a tab remembers of the player whose film it continues; other sites' links cannot set it. */

import { Store } from "./store.js";

/** `link` and `name` of that player; `done` once the film has moved here. */
export function openHandoff() {
  return new Store("zapette.handoff", () => sessionStorage);
}
