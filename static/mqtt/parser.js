/** Parses the MQTT packets that a broker sends (3.1.1 and 5, chapter 3); no I/O. */

import { ByteReader, malformed } from "./bytes.js";

const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBACK = 9;
const PINGRESP = 13;
const DISCONNECT = 14;

/** The properties of MQTT 5 that a page uses (5: 2.2.2.2). */
const RESPONSE_TOPIC = 0x08;
const CORRELATION_DATA = 0x09;
const SERVER_KEEP_ALIVE = 0x13;
const RECEIVE_MAXIMUM = 0x21;
const MAXIMUM_PACKET_SIZE = 0x27;

/** How each kind of property is read, and which have it. */
const PROPERTIES = readersById([
  [(reader) => reader.byte(), [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a]],
  [(reader) => reader.short(), [SERVER_KEEP_ALIVE, RECEIVE_MAXIMUM, 0x22, 0x23]],
  [(reader) => reader.long(), [0x02, 0x11, 0x18, MAXIMUM_PACKET_SIZE]],
  [(reader) => reader.variable(), [0x0b]],
  [(reader) => reader.text(), [0x03, RESPONSE_TOPIC, 0x12, 0x15, 0x1a, 0x1c, 0x1f]],
  [(reader) => reader.binary(), [CORRELATION_DATA, 0x16]],
  [(reader) => [reader.text(), reader.text()], [0x26]],
]);

/**
 * @typedef {import("./packets.js").Version} Version
 * @typedef {(reader: ByteReader) => unknown} PropertyReader
 *
 * @typedef {object} Message
 * @property {string} topic
 * @property {Uint8Array} payload
 * @property {boolean} retain
 * @property {string | null} responseTopic MQTT 5 only
 * @property {Uint8Array | null} correlationData MQTT 5 only
 *
 * @typedef {object} Connack
 * @property {"connack"} type
 * @property {number} code 0: accepted
 * @property {number | null} keepAlive seconds, in place of those asked for
 * @property {number} receiveMaximum how many messages at QoS 1 may wait for their PUBACK
 * @property {number} maximumPacketSize bytes
 *
 * @typedef {{ type: "publish", message: Message, id: number | null }} Publish `id`: at QoS 1
 * @typedef {{ type: "puback" | "suback", id: number, codes: number[] }} Acknowledgement
 * @typedef {{ type: "pingresp" }} Pingresp
 * @typedef {{ type: "disconnect", code: number }} Disconnect
 * @typedef {Connack | Publish | Acknowledgement | Pingresp | Disconnect} Packet
 */

/** Finds the packets in a stream of bytes that comes in pieces of any length. */
export class PacketParser {
  #version;
  /** @type {Uint8Array} the bytes of an incomplete packet */
  #rest = new Uint8Array(0);

  /** @param {Version} version */
  constructor(version) {
    this.#version = version;
  }

  /**
   * Return the packets that `bytes` complete. Throws a TransportError for a malformed one.
   * @param {Uint8Array} bytes
   * @returns {Packet[]}
   */
  push(bytes) {
    let rest = this.#rest.length ? joined(this.#rest, bytes) : bytes;
    const packets = [];
    for (let size = packetSize(rest); size && size <= rest.length; size = packetSize(rest)) {
      packets.push(parse(rest.subarray(0, size), this.#version));
      rest = rest.subarray(size);
    }
    this.#rest = rest;
    return packets;
  }
}

/**
 * Return the length of the packet that `bytes` begin, or 0 if that is not complete.
 * @param {Uint8Array} bytes
 */
function packetSize(bytes) {
  const isComplete = bytes.subarray(1, 5).some((byte) => byte < 0x80);
  if (!isComplete && bytes.length < 5) return 0;
  const reader = new ByteReader(bytes);
  reader.byte();
  const body = reader.variable();
  return bytes.length - reader.left + body;
}

/**
 * @param {Uint8Array} bytes
 * @param {Version} version
 * @returns {Packet}
 */
function parse(bytes, version) {
  const reader = new ByteReader(bytes);
  const header = reader.byte();
  reader.variable();
  switch (header >> 4) {
    case CONNACK:
      return connack(reader, version);
    case PUBLISH:
      return publish(reader, header, version);
    case PUBACK:
      return { type: "puback", id: reader.short(), codes: [reader.left ? reader.byte() : 0] };
    case SUBACK:
      return suback(reader, version);
    case PINGRESP:
      return { type: "pingresp" };
    case DISCONNECT:
      return { type: "disconnect", code: reader.left ? reader.byte() : 0 };
    default:
      throw malformed(`type ${header >> 4}`);
  }
}

/**
 * A broker without MQTT 5 refuses it in the form of its own version, which has no properties.
 * @param {ByteReader} reader
 * @param {Version} version
 * @returns {Connack}
 */
function connack(reader, version) {
  reader.byte();
  const code = reader.byte();
  const properties = reader.left ? readProperties(reader, version) : new Map();
  return {
    type: "connack",
    code,
    keepAlive: orElse(properties.get(SERVER_KEEP_ALIVE), null),
    receiveMaximum: orElse(properties.get(RECEIVE_MAXIMUM), 0xffff),
    maximumPacketSize: orElse(properties.get(MAXIMUM_PACKET_SIZE), Infinity),
  };
}

/**
 * @param {ByteReader} reader
 * @param {number} header
 * @param {Version} version
 * @returns {Publish}
 */
function publish(reader, header, version) {
  const qos = (header >> 1) & 3;
  if (qos > 1) throw malformed("a message of a QoS that was not asked for");
  const topic = reader.text();
  const id = qos ? reader.short() : null;
  const properties = readProperties(reader, version);
  const message = {
    topic,
    payload: reader.raw(),
    retain: (header & 1) === 1,
    responseTopic: orElse(properties.get(RESPONSE_TOPIC), null),
    correlationData: orElse(properties.get(CORRELATION_DATA), null),
  };
  return { type: "publish", message, id };
}

/**
 * @param {ByteReader} reader
 * @param {Version} version
 * @returns {Acknowledgement}
 */
function suback(reader, version) {
  const id = reader.short();
  readProperties(reader, version);
  return { type: "suback", id, codes: Array.from(reader.raw()) };
}

/**
 * @param {ByteReader} reader
 * @param {Version} version
 * @returns {Map<number, any>}
 */
function readProperties(reader, version) {
  const properties = new Map();
  if (version !== 5) return properties;
  const block = new ByteReader(reader.raw(reader.variable()));
  while (block.left) {
    const id = block.variable();
    const read = PROPERTIES.get(id);
    if (!read) throw malformed(`property ${id}`);
    properties.set(id, read(block));
  }
  return properties;
}

/**
 * @param {[PropertyReader, number[]][]} kinds
 * @returns {Map<number, PropertyReader>}
 */
function readersById(kinds) {
  const readers = new Map();
  for (const [read, ids] of kinds) for (const id of ids) readers.set(id, read);
  return readers;
}

/**
 * @param {Uint8Array} first
 * @param {Uint8Array} second
 */
function joined(first, second) {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/**
 * @template T
 * @template U
 * @param {T | undefined} value
 * @param {U} other
 * @returns {T | U}
 */
function orElse(value, other) {
  return value === undefined ? other : value;
}
