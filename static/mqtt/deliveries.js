/** What a session has sent and the broker has yet to acknowledge; no I/O. */

import { TransportError } from "../protocol/errors.js";

/** The packet identifier of the subscription that goes out before all else. */
export const FIRST_ID = 1;
const LAST_ID = 0xffff;
/** The first code that means a refusal (3.1.1: 3.9.3, 5: 2.4). */
const REFUSED = 0x80;

/**
 * @typedef {(id: number) => Uint8Array<ArrayBuffer>} Write makes the packet, with its identifier
 *
 * @typedef {object} Awaited what the broker is to acknowledge
 * @property {boolean} counted it takes one of the places for messages at QoS 1
 * @property {string[]} names what each code of the acknowledgement is about
 * @property {() => void} resolve
 * @property {(error: Error) => void} reject
 *
 * @typedef {Awaited & { write: Write }} Delivery
 */

export class Deliveries {
  /**
   * @param {(bytes: Uint8Array<ArrayBuffer>) => void} send
   * @param {number} places how many messages the broker takes that it has not acknowledged
   *   (5: 4.9); more wait here
   */
  constructor(send, places) {
    /** @private */
    this._send = send;
    /** @private */
    this._places = places;
    /** @private @type {Map<number, Awaited>} by packet identifier */
    this._sent = new Map();
    /** @private @type {Delivery[]} */
    this._waiting = [];
    /** @private */
    this._id = 0;
  }

  /**
   * Send a message at QoS 1; resolve once it is acknowledged.
   * @param {string} topic
   * @param {Write} write
   * @returns {Promise<void>}
   */
  publish(topic, write) {
    return new Promise((resolve, reject) => {
      const delivery = { write, counted: true, names: [topic], resolve, reject };
      if (this._places > 0) this._deliver(delivery);
      else this._waiting.push(delivery);
    });
  }

  /**
   * Send a subscription; resolve once all of it is granted.
   * @param {string[]} filters
   * @param {Write} write
   * @returns {Promise<void>}
   */
  subscribe(filters, write) {
    return new Promise((resolve, reject) =>
      this._deliver({ write, counted: false, names: filters, resolve, reject }),
    );
  }

  /**
   * Note a subscription that went out before all else; resolve once all of it is granted.
   * @param {string[]} filters
   * @returns {Promise<void>}
   */
  sent(filters) {
    if (!filters.length) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this._id = FIRST_ID;
      this._sent.set(FIRST_ID, { counted: false, names: filters, resolve, reject });
    });
  }

  /**
   * Note an acknowledgement; one of nothing is ignored.
   * @param {number} id
   * @param {number[]} codes
   */
  acknowledged(id, codes) {
    const delivery = this._sent.get(id);
    if (!delivery) return;
    this._sent.delete(id);
    const refused = delivery.names.filter((_, index) => codes[index] >= REFUSED);
    if (refused.length) delivery.reject(new TransportError(`refused: ${refused.join(" ")}`));
    else delivery.resolve();
    if (!delivery.counted) return;
    this._places += 1;
    while (this._places > 0 && this._waiting.length) {
      this._deliver(/** @type {Delivery} */ (this._waiting.shift()));
    }
  }

  /**
   * Fail all that waits: the session has ended.
   * @param {TransportError} error
   */
  fail(error) {
    const unfinished = [...Array.from(this._sent.values()), ...this._waiting];
    this._sent.clear();
    this._waiting = [];
    for (const { reject } of unfinished) reject(error);
  }

  /**
   * @private
   * @param {Delivery} delivery
   */
  _deliver(delivery) {
    do this._id = (this._id % LAST_ID) + 1;
    while (this._sent.has(this._id));
    try {
      this._send(delivery.write(this._id));
    } catch (error) {
      delivery.reject(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this._sent.set(this._id, delivery);
    if (delivery.counted) this._places -= 1;
  }
}
