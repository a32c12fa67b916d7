/** A call to the player, requested by an element. */

import { PageEvent } from "./page-event.js";

export class PlayerRequest extends PageEvent {
  /** @override */
  static type = "playerrequest";

  /**
   * @param {string} procedure
   * @param {Record<string, unknown>} [parameters] by name
   */
  constructor(procedure, parameters = {}) {
    super();
    this.procedure = procedure;
    this.parameters = parameters;
  }
}
