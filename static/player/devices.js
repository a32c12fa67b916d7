/** How people know the devices that ask something of the player. */

/** The client ids that the server makes begin with their roles; other clients are known by theirs. */
const MADE = /^(?:remote|guest)-/;

export class Devices {
  #visitors;

  /**
   * @param {() => Promise<{ visitors: import("../connection/api.js").Visitor[] }>} visitors who is
   *   connected
   */
  constructor(visitors) {
    this.#visitors = visitors;
  }

  /**
   * Return what a caller's device calls itself; null if nobody knows.
   * @param {string | null} caller its client id
   * @returns {Promise<string | null>}
   */
  async nameOf(caller) {
    if (caller === null || !MADE.test(caller)) return caller;
    try {
      const { visitors } = await this.#visitors();
      return visitors.find(({ client_id }) => client_id === caller)?.device || null;
    } catch {
      return null;
    }
  }
}
