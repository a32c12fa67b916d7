/** The MQTT packets that a page sends, as bytes (3.1.1 and 5, chapter 3); no I/O. */

import { ByteWriter } from "./bytes.js";

/** The types of packets, with the flags that the standard fixes, where it does (2.1.2). */
const CONNECT = 0x10;
const PUBLISH = 0x30;
const PUBACK = 0x40;
const SUBSCRIBE = 0x82;
const PINGREQ = Object.freeze([0xc0, 0x00]);
const DISCONNECT = Object.freeze([0xe0, 0x00]);

/** Properties of MQTT 5 (5: 2.2.2.2). */
const MESSAGE_EXPIRY = 0x02;
const CORRELATION_DATA = 0x09;

/**
 * @typedef {4 | 5} Version 4 is MQTT 3.1.1
 *
 * @typedef {object} Will
 * @property {string} topic
 * @property {Uint8Array} payload
 * @property {0 | 1} qos
 * @property {boolean} retain
 *
 * @typedef {object} Connect
 * @property {Version} version
 * @property {string} clientId
 * @property {string} username empty: no user name and no password
 * @property {string} password
 * @property {number} keepAlive seconds
 * @property {Will | null} will
 *
 * @typedef {object} Publish
 * @property {Version} version
 * @property {string} topic
 * @property {Uint8Array} payload
 * @property {boolean} [retain]
 * @property {number} [id] packet identifier, 1–65,535; with it the QoS is 1, else 0
 * @property {number} [expiry] seconds; MQTT 5 only, left out on 3.1.1
 * @property {Uint8Array | null} [correlationData] MQTT 5 only, left out on 3.1.1
 */

/**
 * Return a CONNECT for a clean session (3.1).
 * @param {Connect} options
 */
export function connect({ version, clientId, username, password, keepAlive, will }) {
  const body = new ByteWriter().text("MQTT").byte(version);
  const cleanStart = 0x02;
  const login = username ? 0xc0 : 0;
  const willFlags = will ? 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0) : 0;
  body.byte(cleanStart | login | willFlags).short(keepAlive);
  noProperties(body, version);
  body.text(clientId);
  if (will) noProperties(body, version).text(will.topic).binary(will.payload);
  if (username) body.text(username).text(password);
  return packet(CONNECT, body);
}

/**
 * Return a SUBSCRIBE at QoS 1 (3.8).
 * @param {Version} version
 * @param {number} id packet identifier, 1–65,535
 * @param {string[]} filters
 */
export function subscribe(version, id, filters) {
  const body = noProperties(new ByteWriter().short(id), version);
  // on NATS, which has 3.1.1 only, each subscription at QoS 1 is a replicated consumer
  for (const filter of filters) body.text(filter).byte(version === 5 ? 1 : 0);
  return packet(SUBSCRIBE, body);
}

/**
 * Return a PUBLISH (3.3).
 * @param {Publish} message
 */
export function publish({ version, topic, payload, retain, id, expiry, correlationData }) {
  const body = new ByteWriter().text(topic);
  if (id) body.short(id);
  if (version === 5) {
    const properties = new ByteWriter();
    if (expiry) properties.byte(MESSAGE_EXPIRY).long(expiry);
    if (correlationData) properties.byte(CORRELATION_DATA).binary(correlationData);
    body.sized(properties);
  }
  return packet(PUBLISH | (id ? 0x02 : 0) | (retain ? 0x01 : 0), body.raw(payload));
}

/**
 * Return a PUBACK, which means success in both versions (3.4).
 * @param {number} id
 */
export function puback(id) {
  return packet(PUBACK, new ByteWriter().short(id));
}

/** Return a PINGREQ (3.12). */
export function pingreq() {
  return Uint8Array.from(PINGREQ);
}

/** Return a DISCONNECT, after which the broker sends no will (3.14). */
export function disconnect() {
  return Uint8Array.from(DISCONNECT);
}

/**
 * @param {number} header type and flags
 * @param {ByteWriter} body
 */
function packet(header, body) {
  return new ByteWriter().byte(header).sized(body).bytes();
}

/**
 * @param {ByteWriter} writer
 * @param {Version} version
 */
function noProperties(writer, version) {
  return version === 5 ? writer.byte(0) : writer;
}
