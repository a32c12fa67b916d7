/** Opens sessions with MQTT 5, or 3.1.1 if the broker does not support 5. */

import { TransportError } from "../protocol/errors.js";

/** CONNACK codes that mean "not this version": 3.1.1 (3.2.2.3) and 5 (3.2.2.2). */
const REFUSALS = [0x01, 0x84];
/** Milliseconds to wait for a CONNACK. */
const PATIENCE = 5000;
/** Shorter, because a broker without MQTT 5 may not answer. */
const FIRST_PATIENCE = 2500;

/**
 * @typedef {typeof import("./transport.js").openMqttTransport} OpenTransport
 * @typedef {import("./transport.js").MqttTransport} MqttTransport
 * @typedef {import("./transport.js").TransportListener} TransportListener
 * @typedef {Omit<import("./transport.js").TransportOptions, "version" | "patience">} Options
 */

export class VersionedTransport {
  #open;
  /** @type {4 | 5 | null} the version that the broker is known to support */
  #version = null;

  /** @param {OpenTransport} open */
  constructor(open) {
    this.#open = open;
  }

  /**
   * Open a session with the highest version that the broker supports.
   * @param {Options} options
   * @param {TransportListener} listener
   * @returns {Promise<MqttTransport>}
   */
  async open(options, listener) {
    try {
      return await this.#openBy(this.#version || 5, options, listener);
    } catch (error) {
      if (!this.#blamesVersion(error)) throw error;
    }
    return this.#openBy(4, options, listener);
  }

  /**
   * @param {4 | 5} version
   * @param {Options} options
   * @param {TransportListener} listener
   */
  async #openBy(version, options, listener) {
    const patience = this.#version ? PATIENCE : FIRST_PATIENCE;
    const transport = await this.#open({ ...options, version, patience }, listener);
    this.#version = version;
    return transport;
  }

  /** @param {unknown} error */
  #blamesVersion(error) {
    if (!(error instanceof TransportError)) return false;
    const { refusal, reached } = error;
    if (refusal !== null && REFUSALS.includes(refusal)) {
      const newest = this.#version !== 4;
      // another broker may have replaced this one
      this.#version = null;
      return newest;
    }
    // some 3.1.1 brokers do not answer MQTT 5, or close the connection
    return refusal === null && reached && this.#version === null;
  }
}
