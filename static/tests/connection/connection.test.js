import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { Backoff } from "../../connection/backoff.js";
import { Connection } from "../../connection/connection.js";
import { ApiError, TransportError } from "../../protocol/errors.js";
import { until } from "../broker.js";

/**
 * @typedef {import("../../mqtt/transport.js").TransportListener} TransportListener
 * @typedef {import("../../mqtt/transport.js").TransportOptions} TransportOptions
 * @typedef {import("../../mqtt/transport.js").MqttTransport} MqttTransport
 */

const CREDENTIALS = {
  role: /** @type {const} */ ("remote"),
  url: "ws://broker/mqtt",
  client_id: "remote-1",
  username: "u",
  password: "p",
  expires_at: 4_000_000_000,
  base_topic: "home/tv",
};

/** The edge of the page: what a broker would answer, one behaviour for each attempt. */
class Network {
  /** @param {...(Error | "accept" | "hang")} behaviours the last one is kept */
  constructor(...behaviours) {
    this.behaviours = behaviours;
    /** @type {TransportOptions[]} */
    this.attempts = [];
    /** @type {{ filters: string[][], aborted: boolean, closed: boolean, pings: number }[]} */
    this.sessions = [];
    /** @type {TransportListener[]} */
    this.listeners = [];
  }

  open = (/** @type {TransportOptions} */ options, /** @type {TransportListener} */ listener) => {
    this.attempts.push(options);
    const behaviour = this.behaviours.length > 1 ? this.behaviours.shift() : this.behaviours[0];
    if (behaviour === "hang") return new Promise(() => {});
    if (behaviour instanceof Error) return Promise.reject(behaviour);
    const session = {
      filters: [options.filters],
      aborted: false,
      closed: false,
      pings: 0,
    };
    this.sessions.push(session);
    this.listeners.push(listener);
    listener.wanted();
    const transport = {
      closing: false,
      granted: Promise.resolve(),
      subscribe: async (/** @type {string[]} */ filters) => void session.filters.push(filters),
      publish: async () => {},
      ping: () => (session.pings += 1),
      abort: () => (session.aborted = true),
      close: async () => void (session.closed = true),
    };
    const begun = /** @type {MqttTransport} */ (/** @type {unknown} */ (transport));
    listener.begun(begun);
    return Promise.resolve(begun);
  };
}

/** @type {Connection[]} */
let connections = [];

afterEach(async () => {
  await Promise.all(connections.map((connection) => connection.stop()));
  connections = [];
});

/**
 * @param {Network} network
 * @param {() => Promise<import("../../connection/api.js").Credentials>} [credentials]
 */
function connect(network, credentials = async () => CREDENTIALS) {
  const connection = new Connection({
    open: /** @type {any} */ (network.open),
    credentials,
    keepAlive: 10,
    backoff: new Backoff({ first: 5, longest: 10 }),
  });
  connections.push(connection);
  /** @type {string[]} */
  const history = [];
  connection.changed.listen((status) => history.push(status));
  connection.start();
  return { connection, history };
}

test("a session is opened with what the credentials say, and subscribed at once", async () => {
  const network = new Network("accept");
  const { connection, history } = connect(network);
  connection.subscribe(({ topics, clientId }) => [topics.server.responses(clientId)]);
  const greeting = { topic: "hello", payload: new Uint8Array([1]) };
  connection.greet(() => greeting);
  await until(() => connection.status === "live", "live");
  assert.deepEqual(network.attempts[0].greetings, [greeting]);
  assert.deepEqual(history, ["connecting", "live"]);
  assert.deepEqual(network.sessions[0].filters, [["home/tv/server/response/remote-1/#"]]);
  connection.subscribe(() => ["more"]);
  assert.deepEqual(network.sessions[0].filters[1], ["more"]);
  await connection.stop();
  assert.ok(network.sessions[0].closed);
});

for (const [why, error] of /** @type {const} */ ([
  ["refuses MQTT 5 as 3.1.1 does", new TransportError("", { reached: true, refusal: 0x01 })],
  ["refuses MQTT 5 as 5 does", new TransportError("", { reached: true, refusal: 0x84 })],
  ["does not answer MQTT 5", new TransportError("", { reached: true })],
])) {
  test(`a broker that ${why} gets MQTT 3.1.1, and is remembered`, async () => {
    const network = new Network(error, "accept");
    const { connection } = connect(network);
    await until(() => connection.status === "live", "live");
    network.listeners[0].closed({ takenOver: false, silent: false });
    await until(() => network.attempts.length === 3, "reconnected");
    assert.deepEqual(
      network.attempts.map(({ version }) => version),
      [5, 4, 4],
    );
  });
}

test("a broker that is away is tried again, by MQTT 5, and stays offline until it is back", async () => {
  const network = new Network(new TransportError(""), new TransportError(""), "accept");
  const { connection, history } = connect(network);
  await until(() => connection.status === "live", "live");
  assert.deepEqual(
    network.attempts.map(({ version }) => version),
    [5, 5, 5],
  );
  assert.deepEqual(new Set(history), new Set(["connecting", "offline", "live"]));
});

test("a wrong password is no wrong version", async () => {
  const network = new Network(new TransportError("", { reached: true, refusal: 0x86 }), "accept");
  const { connection } = connect(network);
  await until(() => connection.status === "live", "live");
  assert.deepEqual(
    network.attempts.map(({ version }) => version),
    [5, 5],
  );
});

test("credentials that are refused for good end it, until it is started again", async () => {
  let answers = 0;
  const network = new Network("accept");
  const { connection } = connect(network, async () => {
    answers += 1;
    if (answers === 1) throw new ApiError("unavailable", "", 503);
    if (answers === 2) throw new ApiError("wrong_key", "", 403);
    return CREDENTIALS;
  });
  await until(() => connection.status === "refused", "refused");
  assert.equal(answers, 2);
  connection.wake();
  assert.equal(connection.status, "refused");
  connection.start();
  await until(() => connection.status === "live", "live");
});

test("who is taken over does not fight back", async () => {
  const network = new Network("accept");
  const { connection } = connect(network);
  await until(() => connection.status === "live", "live");
  network.listeners[0].closed({ takenOver: true, silent: false });
  assert.equal(connection.status, "taken-over");
  connection.wake();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(network.attempts.length, 1);
});

test("an attempt whose socket opens late sends nothing", async () => {
  /** @type {TransportListener[]} */
  const listeners = [];
  const connection = new Connection({
    open: /** @type {any} */ (
      (/** @type {unknown} */ _, /** @type {TransportListener} */ listener) => {
        listeners.push(listener);
        return new Promise(() => {});
      }
    ),
    credentials: async () => CREDENTIALS,
    keepAlive: 10,
  });
  connections.push(connection);
  connection.start();
  await until(() => listeners.length === 1, "the first attempt");
  connection.start();
  await until(() => listeners.length === 2, "the second attempt");
  assert.deepEqual(
    listeners.map((listener) => listener.wanted()),
    [false, true],
  );
});

test("an abandoned attempt that takes over is no other client", async () => {
  const network = new Network("accept");
  const { listeners, open } = network;
  /** @type {TransportListener[]} */
  const greeted = [];
  network.open = (options, listener) => {
    if (greeted.length) return open(options, listener);
    greeted.push(listener);
    assert.ok(listener.wanted());
    return new Promise(() => {});
  };
  const { connection } = connect(network);
  await until(() => greeted.length === 1, "the first attempt has sent its CONNECT");
  connection.start();
  await until(() => connection.status === "live", "live");
  listeners[0].closed({ takenOver: true, silent: false });
  assert.equal(connection.status, "offline");
  await until(() => connection.status === "live", "live again");
  // only once
  listeners[1].closed({ takenOver: true, silent: false });
  assert.equal(connection.status, "taken-over");
});

test("waking tries a lost connection at once", async () => {
  const network = new Network(new TransportError(""), "accept");
  const connection = new Connection({
    open: /** @type {any} */ (network.open),
    credentials: async () => CREDENTIALS,
    keepAlive: 10,
    backoff: new Backoff({ first: 60_000, longest: 60_000 }),
  });
  connections.push(connection);
  connection.start();
  await until(() => connection.status === "offline", "offline");
  connection.wake();
  await until(() => connection.status === "live", "live");
});

test("waking asks a live connection for life, and drops it if there is none", async () => {
  const network = new Network("accept", "hang");
  const { connection } = connect(network);
  await until(() => connection.status === "live", "live");
  connection.wake();
  assert.equal(network.sessions[0].pings, 1);
  network.listeners[0].traffic();
  network.listeners[0].ponged();
  assert.equal(connection.proven(), undefined);
  connection.wake();
  await until(() => connection.status === "offline", "found dead");
  assert.ok(network.sessions[0].aborted);
  await assert.rejects(connection.publish("a", new Uint8Array(0)), { code: "unavailable" });
});

test("what an abandoned attempt still brings is ignored", async () => {
  const network = new Network("accept");
  /** @type {(() => void)[]} */
  const late = [];
  const { connection } = connect(
    network,
    () => new Promise((resolve) => late.push(() => resolve(CREDENTIALS))),
  );
  connection.start();
  await until(() => late.length === 2, "asked twice");
  late[1]();
  await until(() => connection.status === "live", "live");
  late[0]();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(network.attempts.length, 1);
});

test("what was sent on a silent session may be obeyed until the broker gives it up", async () => {
  const network = new Network("accept", "hang");
  const { connection } = connect(network);
  await until(() => connection.status === "live", "live");
  const sentAt = Date.now();
  connection.wake();
  await until(() => connection.status === "offline", "found dead");
  const end = sentAt + 1.5 * 10_000 + 1500;
  const most = end - Date.now();
  const lingering = connection.lingering(sentAt);
  assert.ok(end - Date.now() <= lingering && lingering <= most);
  assert.equal(connection.lingering(sentAt - 60_000), 0);
});

test("what was sent on a session that the broker closed is lost", async () => {
  const network = new Network("accept", "hang");
  const { connection } = connect(network);
  await until(() => connection.status === "live", "live");
  network.listeners[0].closed({ takenOver: false, silent: false });
  assert.equal(connection.lingering(Date.now()), 0);
});

test("a message that may have waited while the page slept is marked", async () => {
  const network = new Network("accept");
  const { connection } = connect(network);
  await until(() => connection.status === "live", "live");
  /** @type {boolean[]} */
  const late = [];
  connection.received.listen((message) => late.push(message.late));
  const message = {
    topic: "a",
    payload: new Uint8Array(0),
    retain: false,
    responseTopic: null,
    correlationData: null,
  };
  const [listener] = network.listeners;
  const real = Date.now;
  try {
    Date.now = () => real() + 20_000;
    listener.traffic();
    listener.message(message);
    listener.pinged();
    listener.ponged();
    listener.message(message);
  } finally {
    Date.now = real;
  }
  assert.deepEqual(late, [true, false]);
});
