/** The player whose film a tab continues; links from other sites cannot set it. */

import { Store } from "./store.js";

/** `link` and `name` of that player; `done` once the film has moved here. */
export function openContinuedPlayer() {
  return new Store("zapette.handoff", () => sessionStorage);
}
