import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../../protocol/errors.js";
import { Upload } from "../../../remote/sending/upload.js";

const SIZE = 3 << 20;
const PART = 1 << 20;
/** @type {(start: number, end: number) => Blob} */
const slice = (start, end) => new Blob([new Uint8Array(end - start)]);
const FILE = { name: "film.mp4", size: SIZE, slice };

/** A server that keeps what arrives, and fails when a test wants it. */
class Server {
  received = 0;
  /** @type {number[]} */
  parts = [];
  /** @type {(Error | undefined)[]} */
  fails = [];
  ended = 0;

  state() {
    const source = this.received === SIZE ? "media/.uploads/x/film.mp4" : null;
    return { id: "x", size: SIZE, received: this.received, part: PART, source };
  }

  async beginUpload() {
    this.#fail();
    return this.state();
  }

  async uploadState() {
    this.#fail();
    return this.state();
  }

  /**
   * @param {string} _id
   * @param {number} offset
   * @param {Blob} part
   */
  async uploadPart(_id, offset, part) {
    this.#fail();
    assert.equal(offset, this.received);
    assert.ok(part.size <= PART);
    this.parts.push(part.size);
    this.received += part.size;
    return this.state();
  }

  async endUpload() {
    this.ended += 1;
  }

  #fail() {
    const error = this.fails.shift();
    if (error) throw error;
  }
}

/**
 * @param {Server} server
 * @param {Partial<import("../../../remote/sending/upload.js").Surroundings>} [more]
 */
function sending(server, more = {}) {
  /** @type {[number, boolean][]} */
  const seen = [];
  const ending = new AbortController();
  const around = {
    signal: ending.signal,
    progressed: (/** @type {number} */ received, /** @type {boolean} */ isCut) => {
      seen.push([received, isCut]);
    },
    pause: async () => {},
    now: () => 0,
    ...more,
  };
  return { seen, ending, upload: new Upload(server, FILE, around) };
}

const cut = () => new ApiError("unavailable", "cut", 0);

test("a file goes out in parts that grow as the network allows", async () => {
  const server = new Server();
  const { seen, upload } = sending(server);
  assert.equal(await upload.send(), "media/.uploads/x/film.mp4");
  assert.deepEqual(server.parts, [512 << 10, PART, PART, 512 << 10]);
  assert.deepEqual(seen.at(-1), [SIZE, false]);
});

test("it goes on where the network was cut, in smaller parts", async () => {
  const server = new Server();
  server.fails = [cut(), undefined, undefined, cut(), cut()];
  const { seen, upload } = sending(server);
  await upload.send();
  assert.equal(server.received, SIZE);
  assert.equal(server.parts[1], 128 << 10);
  assert.ok(seen.some(([, isCut]) => isCut));
});

test("a proxy that takes no large bodies gets smaller ones", async () => {
  const server = new Server();
  const { upload } = sending(server);
  const most = 600 << 10;
  const sent = server.uploadPart.bind(server);
  let refused = 0;
  server.uploadPart = async (id, offset, part) => {
    if (part.size <= most) return sent(id, offset, part);
    refused += 1;
    throw new ApiError("unavailable", "the web server answered 413", 413);
  };
  await upload.send();
  assert.equal(server.received, SIZE);
  assert.equal(Math.max(...server.parts), 512 << 10);
  assert.equal(refused, 1);
});

for (const status of [403, 413]) {
  test(`a proxy that answers ${status} to each part ends it soon`, async () => {
    const server = new Server();
    const { upload } = sending(server);
    let refused = 0;
    server.uploadPart = async () => {
      refused += 1;
      throw new ApiError("unavailable", `the web server answered ${status}`, status);
    };
    await assert.rejects(upload.send(), { status });
    assert.ok(refused < 20, `${refused} attempts`);
  });
}

test("a part whose answer was lost is not sent again", async () => {
  const server = new Server();
  server.fails = [undefined, new ApiError("conflict", "offset", 409, { received: 100 })];
  const { upload } = sending(server);
  server.received = 100;
  await upload.send();
  assert.equal(
    server.parts.reduce((sum, it) => sum + it, 100),
    SIZE,
  );
});

test("errors that waiting does not change end it", async () => {
  for (const error of [
    new ApiError("unknown_format", "a text", 415),
    new ApiError("not_implemented", "no", 501),
    new ApiError("not_for_guests", "no", 403),
  ]) {
    const server = new Server();
    server.fails = [undefined, error];
    await assert.rejects(sending(server).upload.send(), error);
    assert.equal(server.ended, 1);
  }
});

const full = () => new ApiError("no_room", "full", 507);

test("a file that there is no room for does not begin", async () => {
  const server = new Server();
  server.fails = [full()];
  await assert.rejects(sending(server).upload.send(), { code: "no_room" });
  assert.equal(server.ended, 0);
});

test("it waits for a disk that fills meanwhile, and leaves nothing on it in the end", async () => {
  const server = new Server();
  server.fails = [undefined, full(), undefined, full()];
  await sending(server).upload.send();
  assert.equal(server.received, SIZE);
  assert.equal(server.ended, 0);

  const fuller = new Server();
  fuller.uploadPart = () => Promise.reject(full());
  await assert.rejects(sending(fuller).upload.send(), { code: "no_room" });
  assert.equal(fuller.ended, 1);
});

test("it is given up after many attempts", async () => {
  const server = new Server();
  server.fails = Array.from({ length: 100 }, cut);
  await assert.rejects(sending(server).upload.send(), { code: "unavailable" });
  assert.equal(server.fails.length, 39);
});

test("a person gives it up: the server forgets it", async () => {
  const server = new Server();
  const { ending, upload } = sending(server, { progressed: () => ending.abort() });
  await assert.rejects(upload.send());
  assert.equal(server.ended, 1);
});
