/** One MQTT session over WebSocket; the only module that knows mqtt.js. */

import mqtt from "./node_modules/mqtt/dist/mqtt.esm.js";

import { TransportError } from "./errors.js";
import { disconnect, retainedPublish } from "./mqtt_packets.js";

/** MQTT 5, 4.13: "Session taken over". */
const SESSION_TAKEN_OVER = 0x8e;

/**
 * @typedef {object} Message
 * @property {string} topic
 * @property {Uint8Array} payload
 * @property {boolean} retain
 * @property {string | null} responseTopic MQTT 5 only
 * @property {Uint8Array | null} correlationData MQTT 5 only
 *
 * @typedef {object} PublishOptions
 * @property {0 | 1} [qos]
 * @property {boolean} [retain]
 * @property {number} [expiry] seconds; MQTT 5 only, left out on 3.1.1
 * @property {Uint8Array | null} [correlationData] MQTT 5 only, left out on 3.1.1
 *
 * @typedef {object} Will
 * @property {string} topic
 * @property {Uint8Array} payload
 * @property {0 | 1} qos
 * @property {boolean} retain
 *
 * @typedef {object} TransportOptions
 * @property {string} url `ws://…` or `wss://…`
 * @property {4 | 5} version 4 is MQTT 3.1.1
 * @property {string} clientId
 * @property {string} username
 * @property {string} password
 * @property {number} keepAlive seconds
 * @property {number} patience milliseconds to wait for the broker's CONNACK
 * @property {Will | null} will
 *
 * @typedef {object} SessionEnd
 * @property {boolean} takenOver another client has taken the session's place (MQTT 5 only)
 * @property {boolean} silent it was given up here; the broker may not know yet
 *
 * @typedef {object} TransportListener
 * @property {(message: Message) => void} message
 * @property {() => void} traffic anything at all came from the broker
 * @property {() => void} pinged a PINGREQ was sent
 * @property {() => void} ponged its PINGRESP came
 * @property {(end: SessionEnd) => void} closed the session ended, and not by `close`
 */

/**
 * Open a session, and resolve with it once the broker has accepted it.
 *
 * Rejects with a TransportError. Nothing is ever queued, kept or resent by it: a session that has
 * ended stays so.
 * @param {TransportOptions} options
 * @param {TransportListener} listener
 * @returns {Promise<MqttTransport>}
 */
export function openMqttTransport(options, listener) {
  return new Promise((resolve, reject) => {
    /** @type {WebSocket | null} */
    let socket = null;
    let reached = false;
    let hungUp = false;
    const client = mqtt.connect(options.url, {
      protocolVersion: options.version,
      clientId: options.clientId,
      username: options.username,
      password: options.password,
      keepalive: options.keepAlive,
      connectTimeout: options.patience,
      clean: true,
      resubscribe: false,
      reconnectPeriod: 0,
      queueQoSZero: false,
      forceNativeWebSocket: true,
      ...(options.will ? { will: options.will } : {}),
      createWebsocket(url, protocols) {
        socket = new WebSocket(url, protocols);
        socket.addEventListener("open", () => {
          reached = true;
        });
        socket.addEventListener("close", () => {
          hungUp = true;
        });
        return socket;
      },
    });
    const send = (/** @type {number[]} */ bytes) => {
      if (socket) socket.send(new Uint8Array(bytes));
    };
    const transport = new MqttTransport(client, options.version, send);
    let accepted = false;
    let takenOver = false;
    /** @type {TransportError | null} */
    let failure = null;
    client.on("connect", () => {
      accepted = true;
      resolve(transport);
    });
    client.on("error", (error) => {
      const refusal = typeof error.code === "number" ? error.code : null;
      failure = new TransportError(error.message, { reached, refusal });
    });
    client.on("disconnect", (packet) => {
      takenOver = packet.reasonCode === SESSION_TAKEN_OVER;
    });
    client.on("packetsend", ({ cmd }) => {
      if (cmd === "pingreq") listener.pinged();
    });
    client.on("packetreceive", ({ cmd }) => {
      if (!accepted) return;
      listener.traffic();
      if (cmd === "pingresp") listener.ponged();
    });
    client.on("message", (topic, payload, packet) =>
      listener.message(read(topic, payload, packet)),
    );
    client.on("close", () => {
      if (!accepted) reject(failure || new TransportError("no answer of the broker", { reached }));
      else if (!transport.closing) listener.closed({ takenOver, silent: !hungUp });
      transport.closing = true;
    });
  });
}

/** An accepted session. */
export class MqttTransport {
  /**
   * @param {import("./node_modules/mqtt/dist/mqtt.esm.js").Client} client
   * @param {4 | 5} version
   * @param {(bytes: number[]) => void} send write to the socket, past the client
   */
  constructor(client, version, send) {
    /** @private */
    this._client = client;
    /** @private */
    this._send = send;
    this.version = version;
    /** Whether it has ended, or is about to. */
    this.closing = false;
  }

  /**
   * Send `payload`; resolve once it is handed over (QoS 0) or acknowledged (QoS 1).
   * @param {string} topic
   * @param {Uint8Array} payload
   * @param {PublishOptions} options
   * @returns {Promise<void>}
   */
  publish(topic, payload, { qos = 0, retain = false, expiry = 0, correlationData = null }) {
    /** @type {import("./node_modules/mqtt/dist/mqtt.esm.js").Properties} */
    const properties = {};
    if (expiry) properties.messageExpiryInterval = expiry;
    if (correlationData) properties.correlationData = correlationData;
    const more = this.version === 5 ? { properties } : {};
    return new Promise((resolve, reject) => {
      this._client.publish(topic, payload, { qos, retain, ...more }, (error) => {
        if (error) reject(new TransportError(error.message));
        else resolve();
      });
    });
  }

  /**
   * Subscribe to `filters`; resolve once all are granted.
   * @param {string[]} filters
   * @returns {Promise<void>}
   */
  subscribe(filters) {
    const wanted = Object.fromEntries(
      filters.map((filter) => [filter, { qos: /** @type {1} */ (1) }]),
    );
    return new Promise((resolve, reject) => {
      this._client.subscribe(wanted, (error, granted = []) => {
        const refused = granted.filter(({ qos }) => qos > 2).map(({ topic }) => topic);
        if (error) reject(new TransportError(error.message));
        else if (refused.length) reject(new TransportError(`refused: ${refused.join(" ")}`));
        else resolve();
      });
    });
  }

  /** Ask the broker for a sign of life. */
  ping() {
    if (!this.closing) this._client.sendPing();
  }

  /**
   * End the session with a DISCONNECT, after what was published; no will is sent.
   * @returns {Promise<void>}
   */
  close() {
    if (this.closing) return Promise.resolve();
    this.closing = true;
    return new Promise((resolve) => this._client.end(false, resolve));
  }

  /**
   * End the session at once with retained last words, in this very turn: the page is being closed,
   * and no other turn will come in which the client would write what it has queued.
   * @param {{ topic: string, payload: Uint8Array }[]} words
   */
  leave(words) {
    if (this.closing) return;
    this.closing = true;
    const publishes = words.map(({ topic, payload }) =>
      retainedPublish(topic, payload, this.version),
    );
    this._send([...publishes.flat(), ...disconnect()]);
    this._client.end(true);
  }

  /** Drop a session that is dead: nothing that it still holds is to be sent. */
  abort() {
    this.closing = true;
    this._client.end(true);
  }
}

/**
 * @param {string} topic
 * @param {Uint8Array} payload
 * @param {import("./node_modules/mqtt/dist/mqtt.esm.js").Packet} packet
 * @returns {Message}
 */
function read(topic, payload, packet) {
  const { responseTopic = null, correlationData = null } = packet.properties || {};
  return { topic, payload, retain: packet.retain === true, responseTopic, correlationData };
}
