/** The few MQTT packets that a page writes itself when it has no time left; no I/O. */

const PUBLISH_RETAINED = 0x31;
const DISCONNECT = Object.freeze([0xe0, 0x00]);

/**
 * Return a PUBLISH at QoS 0 with the retain flag (MQTT 3.1.1 and 5, 3.3).
 * @param {string} topic
 * @param {Uint8Array} payload
 * @param {4 | 5} version
 */
export function retainedPublish(topic, payload, version) {
  const name = new TextEncoder().encode(topic);
  const properties = version === 5 ? [0] : [];
  const body = [name.length >> 8, name.length & 0xff, ...name, ...properties, ...payload];
  return [PUBLISH_RETAINED, ...remainingLength(body.length), ...body];
}

/** Return a DISCONNECT, after which the broker sends no will (3.14). */
export function disconnect() {
  return DISCONNECT;
}

/**
 * Return `length` as a variable byte integer (3.1.1: 2.2.3, 5: 1.5.5).
 * @param {number} length
 */
function remainingLength(length) {
  const bytes = [];
  do {
    const more = length > 0x7f ? 0x80 : 0;
    bytes.push((length & 0x7f) | more);
    length >>= 7;
  } while (length > 0);
  return bytes;
}
