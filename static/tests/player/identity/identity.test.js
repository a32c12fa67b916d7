import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../../protocol/errors.js";
import { PlayerIdentity } from "../../../player/identity/identity.js";
import { Store } from "../../../page/store.js";

/** A web server that knows the players it made. */
class Server {
  constructor() {
    /** @type {Set<string>} */
    this.known = new Set();
    this.addresses = ["10.0.0.1"];
    this.code = 1;
    /** @type {Promise<void>} what answers with credentials wait for */
    this.delay = Promise.resolve();
  }

  async newPlayer() {
    const id = String(this.known.size + 1).padStart(32, "0");
    this.known.add(id);
    return { id, owner_key: `key-of-${id}` };
  }

  /** @param {{ id: string, owner_key: string, ip?: string }} proof */
  async credentials({ id, owner_key, ip }) {
    if (!this.known.has(id) || owner_key !== `key-of-${id}`) {
      throw new ApiError("wrong_key", "", 403);
    }
    if (ip && !this.addresses.includes(ip)) throw new ApiError("invalid_request", "", 400);
    const { code } = this;
    await this.delay;
    return { client_id: `player-${id}`, links: code };
  }

  async newCode() {
    return (this.code += 1);
  }
}

/** @param {Server} server */
function start(server, storage = memory()) {
  const store = new Store("zapette.player", () => storage);
  const api = /** @type {import("../../../connection/api.js").Api} */ (
    /** @type {unknown} */ (server)
  );
  return { identity: new PlayerIdentity(store, api), storage };
}

function memory() {
  /** @type {Map<string, string>} */
  const values = new Map();
  return /** @type {Storage} */ ({
    getItem: (key) => values.get(key) || null,
    setItem: (key, value) => void values.set(key, value),
  });
}

test("an id is made once and lives on", async () => {
  const server = new Server();
  const { identity, storage } = start(server);
  assert.equal(identity.id, "");
  await identity.credentials();
  const again = start(server, storage).identity;
  await again.credentials();
  assert.equal(again.id, identity.id);
  assert.equal(server.known.size, 1);
});

test("a server that lost what it knew gets a new player", async () => {
  const server = new Server();
  const { identity, storage } = start(server);
  await identity.credentials();
  const { id } = identity;
  server.known = new Set(["f".repeat(32)]);
  const again = start(server, storage).identity;
  const { client_id } = await again.credentials();
  assert.equal(client_id, `player-${again.id}`);
  assert.notEqual(again.id, id);
});

test("an address of a network that was left is forgotten", async () => {
  const server = new Server();
  const { identity } = start(server);
  identity.ip = "10.0.0.1";
  await identity.credentials();
  assert.equal(identity.ip, "10.0.0.1");
  server.addresses = [];
  await identity.credentials();
  assert.equal(identity.ip, null);
});

test("a browser that forbids storage gives a player for as long as the page lives", async () => {
  const forbidden = () => {
    throw new Error("no storage");
  };
  const store = new Store("zapette.player", forbidden);
  store.set("name", "TV");
  assert.equal(store.get("name"), "TV");
});

test("links from before a new code are not given", async () => {
  const server = new Server();
  const { identity } = start(server);
  assert.equal((await identity.credentials()).links, 1);

  let answer = () => {};
  server.delay = new Promise((done) => (answer = done));
  const late = identity.credentials();
  assert.equal(await identity.newCode(), 2);
  answer();
  assert.equal((await late).links, undefined);
  assert.equal((await identity.credentials()).links, 2);
});
