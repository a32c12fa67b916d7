/** One MQTT session over WebSocket; no other module knows the transport. */

import { TransportError } from "../protocol/errors.js";
import { Deliveries, FIRST_ID } from "./deliveries.js";
import { connect, disconnect, pingreq, puback, publish, subscribe } from "./packets.js";
import { PacketParser } from "./parser.js";

/** MQTT 5, 4.13: "Session taken over". */
const SESSION_TAKEN_OVER = 0x8e;
/** Milliseconds for the socket to open, enough for a poor network. */
const REACH = 5000;

/**
 * @typedef {import("./parser.js").Message} Message
 * @typedef {import("./parser.js").Packet} Packet
 * @typedef {import("./packets.js").Will} Will
 *
 * @typedef {object} PublishOptions
 * @property {0 | 1} [qos]
 * @property {boolean} [retain]
 * @property {number} [expiry] seconds; MQTT 5 only, left out on 3.1.1
 * @property {Uint8Array | null} [correlationData] MQTT 5 only, left out on 3.1.1
 *
 * @typedef {object} Greeting
 * @property {string} topic
 * @property {Uint8Array} payload
 * @property {number} [expiry] as in PublishOptions
 *
 * @typedef {import("./packets.js").Connect & SocketOptions} TransportOptions
 *
 * @typedef {(url: string) => WebSocket} Dial opens a socket with the subprotocol `mqtt`, or returns
 *   one that is open already
 *
 * @typedef {object} SocketOptions
 * @property {string} url `ws://…` or `wss://…`
 * @property {string[]} filters to subscribe to at once: see `MqttTransport.granted`
 * @property {Greeting[]} greetings to publish at once, at QoS 0
 * @property {number} patience milliseconds to wait for CONNACK once the socket is open
 *
 * @typedef {object} SessionEnd
 * @property {boolean} takenOver another client has taken over the session (MQTT 5 only)
 * @property {boolean} silent it was ended here; the broker may not know yet
 *
 * @typedef {object} TransportListener
 * @property {() => boolean} wanted whether to send CONNECT now that the socket is open: another
 *   attempt may have taken its place, which this one would take over
 * @property {(transport: MqttTransport) => void} begun the broker has accepted the session; called
 *   before the other events
 * @property {(message: Message) => void} message
 * @property {() => void} traffic data was received
 * @property {() => void} pinged a PINGREQ was sent
 * @property {() => void} ponged a PINGRESP was received
 * @property {(end: SessionEnd) => void} closed the session ended, other than by `close`
 */

/** @type {Dial} */
export function dial(url) {
  return new WebSocket(url, "mqtt");
}

/**
 * Open a session, and resolve with it once the broker has accepted it.
 *
 * Rejects with a TransportError. It queues and resends nothing, and does not reconnect.
 * @param {TransportOptions} options
 * @param {TransportListener} listener
 * @param {Dial} [reach]
 * @returns {Promise<MqttTransport>}
 */
export function openMqttTransport(options, listener, reach = dial) {
  return new Promise((resolve, reject) => {
    const socket = reach(options.url);
    const parser = new PacketParser(options.version);
    let reached = false;
    /** @type {MqttTransport | null} */
    let transport = null;
    socket.binaryType = "arraybuffer";
    const refuse = (/** @type {string} */ why, /** @type {number | null} */ refusal = null) => {
      clearTimeout(timer);
      reject(new TransportError(why, { reached, refusal }));
      socket.close();
    };
    const waitFor = (/** @type {string} */ what, /** @type {number} */ patience) =>
      setTimeout(() => refuse(`no ${what} of the broker`), patience);
    let timer = waitFor("sign", REACH);
    const begin = (/** @type {Packet} */ packet) => {
      if (packet.type !== "connack") refuse("the broker began with another packet than CONNACK");
      else if (packet.code !== 0) refuse(`refused with code ${packet.code}`, packet.code);
      else {
        clearTimeout(timer);
        transport = new MqttTransport(socket, options, packet, listener);
        listener.begun(transport);
        resolve(transport);
      }
    };
    const greet = () => {
      if (!listener.wanted()) {
        refuse("another attempt has taken its place");
        return;
      }
      reached = true;
      clearTimeout(timer);
      timer = waitFor("answer", options.patience);
      socket.send(connect(options));
      // a client need not wait for CONNACK (3.1.4)
      if (options.filters.length) {
        socket.send(subscribe(options.version, FIRST_ID, options.filters));
      }
      for (const greeting of options.greetings) {
        socket.send(publish({ ...greeting, version: options.version }));
      }
    };
    if (socket.readyState === socket.OPEN) greet();
    else socket.onopen = greet;
    socket.onmessage = ({ data }) => {
      try {
        for (const packet of parser.push(new Uint8Array(data))) {
          if (transport) transport.receive(packet);
          else begin(packet);
        }
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        if (transport) transport.fail();
        else refuse(error.message);
      }
    };
    // the close event follows and says the same
    socket.onerror = () => {};
    socket.onclose = () => {
      if (transport) transport.hungUp();
      else refuse("the broker closed the connection");
    };
  });
}

/** An accepted session. */
export class MqttTransport {
  #socket;
  #listener;
  #keepAlive;
  /** bytes */
  #largest;
  #deliveries;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** Whether it has ended, or is about to. */
  closing = false;

  /**
   * @param {WebSocket} socket
   * @param {TransportOptions} options
   * @param {import("./parser.js").Connack} granted
   * @param {TransportListener} listener
   */
  constructor(socket, { version, keepAlive, filters }, granted, listener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#keepAlive = 1000 * (granted.keepAlive === null ? keepAlive : granted.keepAlive);
    this.#largest = granted.maximumPacketSize;
    this.#deliveries = new Deliveries((bytes) => this.#send(bytes), granted.receiveMaximum);
    this.version = version;
    /** Resolves once the filters of its options are granted. @type {Promise<void>} */
    this.granted = this.#deliveries.sent(filters);
    // the caller of `subscribe` gets the error
    this.granted.catch(() => undefined);
    this.#rest();
  }

  /**
   * Send `payload` synchronously; resolve once it is sent (QoS 0) or acknowledged (QoS 1).
   * @param {string} topic
   * @param {Uint8Array} payload
   * @param {PublishOptions} options
   * @returns {Promise<void>}
   */
  async publish(topic, payload, { qos = 0, ...options }) {
    if (this.closing) throw ended();
    const message = { ...options, version: this.version, topic, payload };
    if (qos) return this.#deliveries.publish(topic, (id) => publish({ ...message, id }));
    return this.#send(publish(message));
  }

  /**
   * Subscribe to `filters`; resolve once all are granted.
   * @param {string[]} filters
   * @returns {Promise<void>}
   */
  async subscribe(filters) {
    if (this.closing) throw ended();
    return this.#deliveries.subscribe(filters, (id) => subscribe(this.version, id, filters));
  }

  /** Send a PINGREQ. */
  ping() {
    if (this.closing) return;
    this.#send(pingreq());
    this.#listener.pinged();
  }

  /**
   * End the session with a DISCONNECT after everything published is sent; no will is published.
   * @returns {Promise<void>}
   */
  close() {
    if (this.closing) return Promise.resolve();
    const closed = new Promise((resolve) => (this.#socket.onclose = resolve));
    this.leave([]);
    return closed.then(() => undefined);
  }

  /**
   * Publish retained messages and end the session synchronously, because the page is being closed.
   * @param {{ topic: string, payload: Uint8Array }[]} words
   */
  leave(words) {
    if (this.closing) return;
    for (const { topic, payload } of words) {
      this.#send(publish({ version: this.version, topic, payload, retain: true }));
    }
    this.#send(disconnect());
    this.abort();
  }

  /** Drop a dead session without a DISCONNECT, so that the broker publishes the will. */
  abort() {
    this.closing = true;
    clearTimeout(this.#timer);
    this.#deliveries.fail(ended());
    this.#socket.close();
  }

  /**
   * Handle a packet of the broker.
   * @param {Packet} packet
   */
  receive(packet) {
    if (this.closing) return;
    this.#listener.traffic();
    switch (packet.type) {
      case "publish":
        this.#listener.message(packet.message);
        if (packet.id !== null && !this.closing) this.#send(puback(packet.id));
        break;
      case "puback":
      case "suback":
        this.#deliveries.acknowledged(packet.id, packet.codes);
        break;
      case "pingresp":
        this.#listener.ponged();
        this.#rest();
        break;
      case "disconnect":
        this.#end({ takenOver: packet.code === SESSION_TAKEN_OVER, silent: false });
        break;
      case "connack":
        this.fail();
    }
  }

  /** End the session, because the broker violates the standard. */
  fail() {
    this.#end({ takenOver: false, silent: true });
  }

  /** Note that the broker or the network has closed the socket. */
  hungUp() {
    this.#end({ takenOver: false, silent: false });
  }

  /** @param {SessionEnd} end */
  #end(end) {
    if (this.closing) return;
    this.abort();
    this.#listener.closed(end);
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  #send(bytes) {
    if (bytes.length > this.#largest) {
      throw new TransportError(`the broker takes ${this.#largest} bytes, not ${bytes.length}`);
    }
    this.#socket.send(bytes);
    this.#rest();
  }

  /**
   * Send at least one packet in each keep alive (3.1.2.10).
   *
   * A PINGRESP also restarts the timer, so that the timer does not restart itself: in a background
   * tab, a browser runs such a chain of timers only once a minute.
   */
  #rest() {
    clearTimeout(this.#timer);
    if (this.#keepAlive) this.#timer = setTimeout(() => this.ping(), this.#keepAlive);
  }
}

function ended() {
  return new TransportError("the session has ended");
}
