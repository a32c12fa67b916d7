import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import mqtt from "mqtt";

import { CallError } from "../../protocol/errors.js";
import { Rpc } from "../../connection/rpc.js";
import { Broker, until } from "../broker.js";
import { SILENT, client, connectionTo, live } from "../connections.js";

/** @typedef {import("../../connection/rpc.js").Procedure} Procedure */

/** @type {Broker} */
let broker;
/** @type {import("../../connection/connection.js").Connection[]} */
let connections = [];
let targets = 0;

before(async () => {
  broker = await Broker.create();
});

after(async () => {
  await Promise.all(connections.map((connection) => connection.stop()));
  await broker.stop();
});

/** Return topics of the test's own. */
function newTarget() {
  const name = `test-${++targets}`;
  return (/** @type {import("../../protocol/topics.js").Topics} */ topics) => topics.service(name);
}

/**
 * Return a callee that offers `procedures`, and a caller.
 * @param {Record<string, Procedure>} procedures
 * @param {4 | 5} version
 * @param {Parameters<typeof client>[2]} options
 */
async function pair(procedures, version = 5, options = {}) {
  const target = newTarget();
  const callee = await client(broker.url, version);
  /** @type {[string, CallError][]} */
  const failures = [];
  callee.rpc.register(target, new Map(Object.entries(procedures)), (name, error) => {
    failures.push([name, error]);
  });
  const caller = await client(broker.url, version, options);
  connections.push(callee.connection, caller.connection);
  // One answered call says that the callee's subscriptions are made.
  await assert.rejects(caller.rpc.call(target, "are_you_there"), { code: "no_such_procedure" });
  return { target, callee, caller, failures, call: caller.rpc.call.bind(caller.rpc, target) };
}

const add = (/** @type {import("../../connection/rpc.js").Parameters} */ { positional: [a, b] }) =>
  Number(a) + Number(b);

for (const version of /** @type {const} */ ([4, 5])) {
  test(`a call is answered, by MQTT ${version === 4 ? "3.1.1" : "5"}`, async () => {
    const { call } = await pair({ add, echo: ({ named }) => named }, version);
    assert.equal(await call("add", [2, 3]), 5);
    assert.deepEqual(await call("echo", { text: "À table !" }), { text: "À table !" });
  });
}

for (const version of /** @type {const} */ ([4, 5])) {
  test(`each session's CONNECT has a call with it, by MQTT ${version}`, async () => {
    const { target } = await pair({ status: () => "here" });
    const connection = connectionTo(broker.url, version);
    const rpc = new Rpc(connection, { log: SILENT });
    connections.push(connection);
    /** @type {(readonly [string, Promise<unknown>])[]} */
    const asked = [];
    rpc.greet(target, "status", 5000, (answer) => asked.push([connection.status, answer]));
    connection.start();
    await until(() => asked.length === 1, "it has asked");
    assert.equal(asked[0][0], "connecting");
    assert.equal(await asked[0][1], "here");
    await connection.stop();
    connection.start();
    await until(() => asked.length === 2, "it has asked again");
    assert.equal(await asked[1][1], "here");
    await connection.stop();
  });
}

test("many calls at once get each its own answer", async () => {
  const { call } = await pair({
    add: async (parameters) => {
      // Answers in another order than the questions'.
      await new Promise((resolve) => setTimeout(resolve, Number(parameters.positional[0]) % 7));
      return add(parameters);
    },
  });
  const numbers = Array.from({ length: 300 }, (_, index) => index);
  // The usual time is of one call; each of these waits for the work of all of them.
  const timeout = 60_000;
  const sums = await Promise.all(numbers.map((number) => call("add", [number, 1], { timeout })));
  assert.deepEqual(
    sums,
    numbers.map((number) => number + 1),
  );
});

test("an error keeps its code, and one without a code is a runtime_error", async () => {
  const { call } = await pair({
    refuse: () => {
      throw new CallError("media_error", "no such film");
    },
    break: () => {
      throw new TypeError("oops");
    },
  });
  await assert.rejects(call("refuse"), { code: "media_error", message: "no such film" });
  await assert.rejects(call("break"), { code: "runtime_error", message: /oops/ });
  await assert.rejects(call("nothing"), { code: "no_such_procedure" });
});

test("no answer in time is a timeout, and the late answer is dropped", async () => {
  /** @type {((value: string) => void)[]} */
  const waiting = [];
  const { call } = await pair(
    { late: () => new Promise((resolve) => waiting.push(resolve)), add },
    5,
  );
  await assert.rejects(call("late", [], { timeout: 100 }), { code: "timeout", message: /late/ });
  for (const resolve of waiting) resolve("too late");
  assert.equal(await call("add", [1, 1]), 2);
});

test("nobody there is a timeout", async () => {
  const { caller } = await pair({});
  const call = caller.rpc.call(newTarget(), "status", {}, { timeout: 50 });
  await assert.rejects(call, { code: "timeout" });
});

test("a call that is given up is cancelled", async () => {
  const { call } = await pair({ never: () => new Promise(() => {}) });
  const control = new AbortController();
  const given = call("never", [], { signal: control.signal });
  setTimeout(() => control.abort(), 20);
  await assert.rejects(given, { code: "cancelled" });
  await assert.rejects(call("never", [], { signal: control.signal }), { code: "cancelled" });
});

test("parameters that are no parameters are refused by the callee", async () => {
  const { target, call, callee } = await pair({ add });
  const topics = callee.connection.session?.topics;
  assert.ok(topics);
  await assert.rejects(call("add", ["x".repeat(70_000)]), { code: "invalid_argument" });
  const answer = await respond(`${target(topics).root}/command/add`, "[1,", {
    responseTopic: `${target(topics).root}/response/raw/1`,
  });
  assert.match(answer.payload, /invalid_argument/);
});

test("a lost connection fails what waits, and the next one works again", async () => {
  let executed = 0;
  const { call, caller, callee } = await pair({
    never: () => new Promise(() => {}),
    count: () => ++executed,
  });
  const waiting = call("never");
  const lost = assert.rejects(waiting, { code: "unavailable" });
  await until(() => caller.connection.session, "connected");
  await broker.kill();
  await lost;
  await assert.rejects(call("count"), { code: "unavailable" });
  await broker.start();
  await Promise.all([live(caller.connection), live(callee.connection)]);
  // The broker takes one client's packets in their order: this one comes after its subscriptions.
  await callee.connection.publish("barrier", new Uint8Array(), { qos: 1 });
  assert.equal(await call("count"), 1, "nothing was kept for later, and all is registered again");
});

test("without a connection a call fails at once", async () => {
  const { call, caller } = await pair({ add });
  await caller.connection.stop();
  // before anything else has its turn: no timer and no network is waited for
  const turn = new Promise((resolve) => setImmediate(resolve, "the next turn"));
  const ended = call("add", [1, 1]).catch((/** @type {any} */ error) => error.code);
  assert.equal(await Promise.race([ended, turn]), "unavailable");
});

test("a retained command does nothing", async () => {
  let executed = 0;
  const target = newTarget();
  const callee = await client(broker.url);
  connections.push(callee.connection);
  const topics = callee.connection.session?.topics;
  assert.ok(topics);
  const raw = await mqtt.connectAsync(broker.url);
  const topic = target(topics).command("count");
  await raw.publishAsync(topic, "", { retain: true, qos: 1 });
  await raw.publishAsync(topic, "1", { retain: true, qos: 1 });
  callee.rpc.register(target, new Map([["count", () => ++executed]]));
  const caller = await client(broker.url);
  connections.push(caller.connection);
  assert.equal(await caller.rpc.call(target, "count"), 1);
  await raw.publishAsync(topic, "", { retain: true });
  await raw.endAsync();
});

test("a Response Topic and Correlation Data are honoured, below the callee's own topics", async () => {
  const { target, callee } = await pair({ add });
  const topics = callee.connection.session?.topics;
  assert.ok(topics);
  const { root } = target(topics);
  const responseTopic = `${root}/response/raw/7`;
  const answer = await respond(`${root}/command/add`, "[1,2]", {
    responseTopic,
    correlationData: Buffer.from("seven"),
  });
  assert.equal(answer.topic, responseTopic);
  assert.equal(answer.payload, '{"result":3}');
  assert.equal(answer.correlationData, "seven");

  const elsewhere = await respond(`${root}/request/raw/8/add`, "[1,2]", {
    responseTopic: `${root}/response/other/1`,
  });
  assert.equal(elsewhere.topic, `${root}/response/raw/8`);
});

test("the error of a command, which nothing answers, is told to the callee", async () => {
  const { target, callee, failures } = await pair({ add });
  const topics = callee.connection.session?.topics;
  assert.ok(topics);
  const raw = await mqtt.connectAsync(broker.url);
  await raw.publishAsync(target(topics).command("fly"), "");
  await until(() => failures.length, "the failure is told");
  const [[name, error]] = failures;
  assert.equal(name, "fly");
  assert.equal(error.code, "no_such_procedure");
  await raw.endAsync();
});

/**
 * Publish by MQTT 5 and return the first message below the service's `response/`.
 * @param {string} topic
 * @param {string} payload
 * @param {{ responseTopic: string, correlationData?: Buffer }} properties
 * @returns {Promise<{ topic: string, payload: string, correlationData: string }>}
 */
async function respond(topic, payload, properties) {
  const raw = await mqtt.connectAsync(broker.url, { protocolVersion: 5 });
  const [base, services, name] = topic.split("/");
  await raw.subscribeAsync(`${base}/${services}/${name}/response/#`);
  try {
    return await new Promise((resolve) => {
      raw.on("message", (from, answer, packet) => {
        const correlationData = String(packet.properties?.correlationData);
        resolve({ topic: from, payload: answer.toString(), correlationData });
      });
      raw.publish(topic, payload, { properties });
    });
  } finally {
    await raw.endAsync(true);
  }
}
