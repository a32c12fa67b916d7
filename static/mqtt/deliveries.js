/** The packets that the broker has not acknowledged yet; no I/O. */

import { TransportError } from "../protocol/errors.js";

/** The packet identifier of the first subscription. */
export const FIRST_ID = 1;
const LAST_ID = 0xffff;
/** The lowest code that means a refusal (3.1.1: 3.9.3, 5: 2.4). */
const REFUSED = 0x80;

/**
 * @typedef {(id: number) => Uint8Array<ArrayBuffer>} Write makes the packet, with its identifier
 *
 * @typedef {object} Awaited a packet to be acknowledged
 * @property {boolean} counted whether it counts towards the broker's receive maximum
 * @property {string[]} names the topic or filter of each code in the acknowledgement
 * @property {() => void} resolve
 * @property {(error: Error) => void} reject
 *
 * @typedef {Awaited & { write: Write }} Delivery
 */

export class Deliveries {
  #send;
  #places;
  /** @type {Map<number, Awaited>} by packet identifier */
  #sent = new Map();
  /** @type {Delivery[]} */
  #waiting = [];
  #id = 0;

  /**
   * @param {(bytes: Uint8Array<ArrayBuffer>) => void} send
   * @param {number} places the broker's receive maximum (5: 4.9); further messages wait
   *   here
   */
  constructor(send, places) {
    this.#send = send;
    this.#places = places;
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
      if (this.#places > 0) this.#deliver(delivery);
      else this.#waiting.push(delivery);
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
      this.#deliver({ write, counted: false, names: filters, resolve, reject }),
    );
  }

  /**
   * Note the first subscription; resolve once all of it is granted.
   * @param {string[]} filters
   * @returns {Promise<void>}
   */
  sent(filters) {
    if (!filters.length) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#id = FIRST_ID;
      this.#sent.set(FIRST_ID, { counted: false, names: filters, resolve, reject });
    });
  }

  /**
   * Note an acknowledgement; ignore one of an unknown packet.
   * @param {number} id
   * @param {number[]} codes
   */
  acknowledged(id, codes) {
    const delivery = this.#sent.get(id);
    if (!delivery) return;
    this.#sent.delete(id);
    const refused = delivery.names.filter((_, index) => codes[index] >= REFUSED);
    if (refused.length) delivery.reject(new TransportError(`refused: ${refused.join(" ")}`));
    else delivery.resolve();
    if (!delivery.counted) return;
    this.#places += 1;
    while (this.#places > 0 && this.#waiting.length) {
      this.#deliver(/** @type {Delivery} */ (this.#waiting.shift()));
    }
  }

  /**
   * Fail everything that waits, because the session has ended.
   * @param {TransportError} error
   */
  fail(error) {
    const unfinished = [...Array.from(this.#sent.values()), ...this.#waiting];
    this.#sent.clear();
    this.#waiting = [];
    for (const { reject } of unfinished) reject(error);
  }

  /** @param {Delivery} delivery */
  #deliver(delivery) {
    do this.#id = (this.#id % LAST_ID) + 1;
    while (this.#sent.has(this.#id));
    try {
      this.#send(delivery.write(this.#id));
    } catch (error) {
      delivery.reject(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#sent.set(this.#id, delivery);
    if (delivery.counted) this.#places -= 1;
  }
}
