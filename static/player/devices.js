/** The names of the devices that call the player. */

/** The server's client ids begin with roles; other clients are named by their client id. */
const MADE = /^(?:remote|guest)-/;

export class Devices {
  #visitors;

  /**
   * @param {() => Promise<{ visitors: import("../connection/api.js").Visitor[] }>} visitors requests
   *   the connected devices
   */
  constructor(visitors) {
    this.#visitors = visitors;
  }

  /**
   * Return the name of a caller's device; null if unknown.
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
