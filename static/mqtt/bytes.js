/** The data types of MQTT's packets, written and read (3.1.1 and 5: 1.5); no I/O. */

import { TransportError } from "../protocol/errors.js";

const encoder = new TextEncoder();
// A byte order mark is a character like any other (1.5.4-3).
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How many bytes a text or binary value may have. */
const LONGEST = 0xffff;

/** Collects the bytes of one packet. */
export class ByteWriter {
  /** @type {(Uint8Array | number[])[]} */
  #parts = [];
  #length = 0;

  /** @param {ArrayLike<number>} bytes each 0–255, as they are */
  raw(bytes) {
    this.#parts.push(bytes instanceof Uint8Array ? bytes : Array.from(bytes));
    this.#length += bytes.length;
    return this;
  }

  /** @param {number} value 0–255 */
  byte(value) {
    return this.raw([value]);
  }

  /** @param {number} value 0–65,535 */
  short(value) {
    return this.raw([value >> 8, value & 0xff]);
  }

  /** @param {number} value 0–4,294,967,295 */
  long(value) {
    return this.short(value >>> 16).short(value & 0xffff);
  }

  /**
   * Append binary data with its length (5: 1.5.6). Throws a TransportError above 65,535 bytes.
   * @param {Uint8Array} bytes
   */
  binary(bytes) {
    if (bytes.length > LONGEST) throw new TransportError("a name or value is too long for MQTT");
    return this.short(bytes.length).raw(bytes);
  }

  /** @param {string} text at most 65,535 bytes as UTF-8 */
  text(text) {
    return this.binary(encoder.encode(text));
  }

  /** @param {number} value 0–268,435,455: a variable byte integer (5: 1.5.5) */
  variable(value) {
    const bytes = [];
    do {
      bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
      value >>= 7;
    } while (value > 0);
    return this.raw(bytes);
  }

  /** @param {ByteWriter} other appended with its length as a variable byte integer */
  sized(other) {
    return this.variable(other.#length).raw(other.bytes());
  }

  /** Return all that was written. */
  bytes() {
    const all = new Uint8Array(this.#length);
    let end = 0;
    for (const part of this.#parts) {
      all.set(part, end);
      end += part.length;
    }
    return all;
  }
}

/** Reads one packet's bytes; each method throws a TransportError where they end too early. */
export class ByteReader {
  #bytes;
  #at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  /** How many bytes are left. */
  get left() {
    return this.#bytes.length - this.#at;
  }

  /**
   * Return the next bytes, or all that are left; not a copy.
   * @param {number} [length]
   */
  raw(length = this.left) {
    if (length > this.left) throw malformed("it ends too early");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  byte() {
    return this.raw(1)[0];
  }

  short() {
    const [high, low] = this.raw(2);
    return high * 0x100 + low;
  }

  long() {
    return this.short() * 0x10000 + this.short();
  }

  binary() {
    return this.raw(this.short());
  }

  text() {
    const bytes = this.binary();
    try {
      return decoder.decode(bytes);
    } catch {
      throw malformed("a text is not UTF-8");
    }
  }

  variable() {
    let value = 0;
    for (let factor = 1; factor <= 0x200000; factor *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw malformed("a length has more than four bytes");
  }
}

/**
 * Return the error for a packet that breaks the standard.
 * @param {string} why
 */
export function malformed(why) {
  return new TransportError(`the broker sent a malformed packet: ${why}`);
}
