/** What an element of a page asks of the player; it bubbles up to whoever can pass it on. */

export class PlayerRequest extends Event {
  /**
   * @param {string} procedure
   * @param {Record<string, unknown>} [parameters] by name
   */
  constructor(procedure, parameters = {}) {
    super(PlayerRequest.type, { bubbles: true, composed: true });
    this.procedure = procedure;
    this.parameters = parameters;
    /** Resolves when the request has been answered: whether it was done. */
    this.settled = Promise.resolve(false);
  }

  /**
   * Say that `answer` will be the answer.
   * @param {Promise<unknown>} answer
   */
  respondWith(answer) {
    this.settled = answer.then(
      () => true,
      () => false,
    );
  }

  static get type() {
    return "playerrequest";
  }
}
