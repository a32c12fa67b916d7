import "../browser-globals.js";

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import mqtt from "mqtt";
import { WebSocketServer } from "ws";

import { openMqttTransport } from "../../mqtt/transport.js";
import { Broker, until } from "../broker.js";

/** @type {Broker} */
let broker;
/** @type {import("mqtt").MqttClient} another implementation, which sees all that is published */
let witness;
/** @type {[string, string, boolean][]} topic, payload, retained */
const seen = [];
let clients = 0;

before(async () => {
  broker = await Broker.create();
  witness = await mqtt.connectAsync(broker.url, { protocolVersion: 5 });
  witness.on("message", (topic, payload, { retain }) => seen.push([topic, `${payload}`, retain]));
  await witness.subscribeAsync("#", { qos: 1, rap: true });
});

after(async () => {
  await witness.endAsync(true);
  await broker.stop();
});

/**
 * Open a session, and note what its listener is told.
 * @param {4 | 5} version
 * @param {Partial<import("../../mqtt/transport.js").TransportOptions>} [more]
 * @param {import("../../mqtt/transport.js").Dial} [reach]
 * @param {() => boolean} [wanted]
 */
async function open(version, more = {}, reach = undefined, wanted = () => true) {
  const told = {
    begun: 0,
    messages: /** @type {any[]} */ ([]),
    ends: /** @type {any[]} */ ([]),
    traffic: 0,
    pings: 0,
    pongs: 0,
  };
  const transport = await openMqttTransport(
    {
      url: broker.url,
      version,
      clientId: `transport-${process.pid}-${++clients}`,
      username: "",
      password: "",
      keepAlive: 60,
      patience: 10_000,
      will: null,
      filters: [],
      greetings: [],
      ...more,
    },
    {
      wanted,
      begun: () => (told.begun += 1),
      message: (message) => told.messages.push({ ...message, begun: told.begun }),
      traffic: () => (told.traffic += 1),
      pinged: () => (told.pings += 1),
      ponged: () => (told.pongs += 1),
      closed: (end) => told.ends.push(end),
    },
    reach,
  );
  return { transport, told };
}

/** @param {string} text */
function bytes(text) {
  return new TextEncoder().encode(text);
}

for (const version of /** @type {const} */ ([4, 5])) {
  const name = version === 4 ? "3.1.1" : "5";

  test(`messages go out and come in, at both QoS, MQTT ${name}`, async () => {
    const { transport, told } = await open(version);
    const topic = `there/${clients}`;
    await transport.subscribe([`${topic}/#`]);
    await transport.publish(`${topic}/0`, bytes("é"), { qos: 0, expiry: 10 });
    await transport.publish(`${topic}/1`, bytes("b"), { qos: 1, retain: true });
    await until(() => told.messages.length === 2, "both are back");
    assert.deepEqual(
      told.messages.map((one) => [one.topic, new TextDecoder().decode(one.payload)]),
      [
        [`${topic}/0`, "é"],
        [`${topic}/1`, "b"],
      ],
    );
    await until(() => seen.some(([where]) => where === `${topic}/1`), "the witness has it");
    assert.deepEqual(
      seen.filter(([where]) => where.startsWith(topic)),
      [
        [`${topic}/0`, "é", false],
        [`${topic}/1`, "b", true],
      ],
    );
    await transport.publish(`${topic}/1`, bytes(""), { qos: 1, retain: true });
    await transport.close();
  });

  test(`what is subscribed with CONNECT is granted, and heard at once, MQTT ${name}`, async () => {
    const topic = `first/${clients}`;
    await witness.publishAsync(`${topic}/kept`, "k", { qos: 1, retain: true });
    const { transport, told } = await open(version, { filters: [`${topic}/#`, "other"] });
    await transport.granted;
    await until(() => told.messages.length === 1, "what was retained");
    assert.deepEqual([told.begun, told.messages[0].begun], [1, 1]);
    await transport.subscribe(["more"]);
    await transport.publish("other", bytes("o"), { qos: 1 });
    await until(() => told.messages.length === 2, "the other one");
    await witness.publishAsync(`${topic}/kept`, "", { qos: 1, retain: true });
    await transport.close();
  });

  test(`many messages at QoS 1 arrive, each once and in order, MQTT ${name}`, async () => {
    const { transport, told } = await open(version);
    const topic = `many/${clients}`;
    await transport.subscribe([topic]);
    const numbers = Array.from({ length: 300 }, (_, number) => String(number));
    await Promise.all(numbers.map((number) => transport.publish(topic, bytes(number), { qos: 1 })));
    await until(() => told.messages.length >= 300, "all have come");
    assert.deepEqual(
      told.messages.map(({ payload }) => new TextDecoder().decode(payload)),
      numbers,
    );
    await transport.close();
  });

  test(`the will is sent for a session that is dropped, not for one closed, MQTT ${name}`, async () => {
    const will = { payload: bytes("offline"), qos: /** @type {const} */ (1), retain: false };
    for (const end of /** @type {const} */ (["close", "abort"])) {
      const topic = `will/${clients}/${end}`;
      const { transport, told } = await open(version, { will: { ...will, topic } });
      await transport[end]();
      await assert.rejects(transport.publish(topic, bytes("x"), {}), /ended/);
      assert.deepEqual(told.ends, []);
      if (end === "abort") await until(() => seen.some(([where]) => where === topic), "the will");
    }
    assert.ok(!seen.some(([where]) => /^will\/.*\/close$/.test(where)));
  });

  test(`last words arrive, retained, and in place of the will, MQTT ${name}`, async () => {
    const topic = `leaving/${clients}`;
    const will = { topic, payload: bytes("will"), qos: /** @type {const} */ (1), retain: false };
    const { transport } = await open(version, { will });
    transport.leave([{ topic, payload: bytes("words") }]);
    await until(() => seen.some(([where]) => where === topic), "the words");
    const { transport: next } = await open(version);
    await next.publish(topic, bytes(""), { qos: 1, retain: true });
    await until(() => seen.filter(([where]) => where === topic).length === 2, "taken back");
    assert.deepEqual(
      seen.filter(([where]) => where === topic),
      [
        [topic, "words", true],
        [topic, "", true],
      ],
    );
    await next.close();
  });

  test(`a session that nobody uses is kept, MQTT ${name}`, async () => {
    const { transport, told } = await open(version, { keepAlive: 1 });
    await until(() => told.pongs >= 3 || told.ends.length, "three pings have come back");
    assert.deepEqual(told.ends, []);
    assert.equal(told.pings, told.pongs);
    await transport.close();
  });

  test(`another client with its name ends it, MQTT ${name}`, async () => {
    const clientId = `same-${version}`;
    const first = await open(version, { clientId });
    const second = await open(version, { clientId });
    await until(() => first.told.ends.length, "the first one is told");
    assert.equal(first.told.ends[0].silent, false);
    assert.ok(first.transport.closing);
    await second.transport.close();
  });
}

test("a topic that the broker does not take fails, and ends the session if the broker does", async () => {
  const { transport, told } = await open(5);
  await assert.rejects(transport.publish("a".repeat(70_000), bytes("x"), {}), /too long/);
  await transport.publish("a", bytes("x"), { qos: 1 });
  assert.deepEqual(told.ends, []);
  await assert.rejects(transport.publish("a/#", bytes("no wildcards"), { qos: 1 }), /ended/);
  assert.equal(told.ends.length, 1);
});

test("a lost broker ends the session and all that waits", async () => {
  const own = await Broker.create();
  const { transport, told } = await open(5, { url: own.url });
  await own.kill();
  await until(() => told.ends.length, "the end");
  assert.deepEqual(told.ends, [{ takenOver: false, silent: false }]);
  await assert.rejects(transport.subscribe(["a"]), /ended/);
  await assert.rejects(
    openMqttTransport(
      {
        url: own.url,
        version: 5,
        clientId: "x",
        username: "",
        password: "",
        keepAlive: 4,
        patience: 10_000,
        will: null,
        filters: [],
        greetings: [],
      },
      /** @type {any} */ ({}),
    ),
    { name: "TransportError", reached: false, refusal: null },
  );
  await own.stop();
});

/**
 * Be a broker that answers each packet, the CONNECT first, with the next of `answers`.
 * @param {...number[]} answers
 */
async function answering(...answers) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.on("listening", () => resolve(undefined)));
  /** @type {number[][]} */
  const heard = [];
  server.on("connection", (peer) =>
    peer.on("message", (packet) => {
      heard.push([...packet]);
      const answer = answers.shift();
      if (answer) peer.send(Uint8Array.from(answer));
    }),
  );
  return { url: `ws://127.0.0.1:${server.address().port}`, heard, close: () => server.close() };
}

const ACCEPTED = [0x20, 3, 0, 0, 0];
const PINGRESP = [0xd0, 0];

test("a session that nobody wants any more sends no CONNECT", async () => {
  const { url, heard, close } = await answering(ACCEPTED);
  await assert.rejects(
    open(5, { url }, undefined, () => false),
    { name: "TransportError", reached: false },
  );
  const { transport } = await open(5, { url });
  assert.equal(heard.length, 1);
  transport.abort();
  close();
});

test("a session that another client has taken over says so", async () => {
  const broker = await answering(ACCEPTED, [0xe0, 2, 0x8e, 0]);
  const { transport, told } = await open(5, { url: broker.url });
  transport.ping();
  await until(() => told.ends.length, "the end");
  assert.deepEqual(told.ends, [{ takenOver: true, silent: false }]);
  broker.close();
});

test("a subscription with CONNECT that is refused says what was", async () => {
  const broker = await answering(ACCEPTED, [0x90, 5, 0, 1, 0, 1, 0x87]);
  const { transport } = await open(5, { url: broker.url, filters: ["mine", "theirs"] });
  await assert.rejects(transport.granted, /refused: theirs/);
  transport.abort();
  broker.close();
});

for (const [what, packet] of /** @type {const} */ ([
  ["no packet", [0, 0]],
  ["a second CONNACK", ACCEPTED],
])) {
  test(`a broker that sends ${what} is given up`, async () => {
    const broker = await answering(ACCEPTED, [...packet]);
    const { transport, told } = await open(5, { url: broker.url });
    transport.ping();
    await until(() => told.ends.length, "the end");
    assert.deepEqual(told.ends, [{ takenOver: false, silent: true }]);
    broker.close();
  });
}

test("the broker's own keep alive and largest packet hold", async () => {
  const properties = [0x13, 0, 1, 0x27, 0, 0, 0, 20];
  const accepted = [0x20, 3 + properties.length, 0, 0, properties.length, ...properties];
  const broker = await answering(accepted, PINGRESP);
  const { transport, told } = await open(5, { url: broker.url, keepAlive: 1000 });
  await assert.rejects(transport.publish("a", bytes("x".repeat(20)), {}), /takes 20 bytes/);
  await assert.rejects(transport.publish("a", bytes("x".repeat(20)), { qos: 1 }), /takes 20 bytes/);
  await until(() => told.pongs, "a ping after the broker's second");
  assert.equal(broker.heard.length, 2);
  transport.abort();
  broker.close();
});

for (const [what, answer, wanted] of /** @type {const} */ ([
  ["refuses", [0x20, 3, 0, 0x87, 0], { reached: true, refusal: 0x87 }],
  ["refuses in the words of 3.1.1", [0x20, 2, 0, 1], { reached: true, refusal: 1 }],
  ["begins with another packet", PINGRESP, { reached: true, refusal: null }],
  ["says nothing", null, { refusal: null }],
])) {
  test(`a broker that ${what} is no session`, async () => {
    const broker = await answering(...(answer ? [[...answer]] : []));
    const patience = answer ? 10_000 : 200;
    await assert.rejects(open(5, { url: broker.url, patience }), {
      name: "TransportError",
      ...wanted,
    });
    broker.close();
  });
}

test("a message is acknowledged once it is handled, and not by a session that ended over it", async (t) => {
  /** @type {any} */
  const socket = {
    readyState: WebSocket.OPEN,
    OPEN: WebSocket.OPEN,
    send: () => {},
    close: () => {},
  };
  const opening = open(5, {}, () => socket);
  const come = (/** @type {number[]} */ bytes) =>
    socket.onmessage({ data: Uint8Array.from(bytes).buffer });
  come(ACCEPTED);
  const { transport, told } = await opening;
  t.after(() => transport.abort());
  /** @type {[number, number][]} */
  const sent = [];
  socket.send = (/** @type {Uint8Array} */ [type]) => sent.push([type, told.messages.length]);
  const message = [0x32, 6, 0, 1, 0x61, 0, 7, 0];
  come(message);
  assert.deepEqual(sent, [[0x40, 1]]);
  told.messages.push = () => {
    transport.abort();
    return 0;
  };
  come(message);
  assert.equal(sent.length, 1);
});

for (const opens of [true, false]) {
  test(`a socket that ${opens ? "opens late is waited for" : "does not open is given up"}`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let closed = false;
    /** @type {any} */
    const socket = { OPEN: 1, send: () => {}, close: () => (closed = true) };
    const opening = open(5, { patience: 200 }, () => socket);
    const ended = assert.rejects(
      opening,
      opens ? /no answer of the broker/ : /no sign of the broker/,
    );
    t.mock.timers.tick(4900);
    if (opens) socket.onopen();
    t.mock.timers.tick(99);
    assert.equal(closed, false);
    t.mock.timers.tick(101);
    assert.equal(closed, true);
    await ended;
  });
}
