/** Remote procedure calls over MQTT, caller and callee (docs/protocol.md, "Topics", "Errors"). */

import { CallError } from "../protocol/errors.js";
import {
  randomToken,
  readParameters,
  readResponse,
  writeError,
  writeParameters,
  writeResult,
} from "../protocol/messages.js";

/** Seconds after which a broker with MQTT 5 discards a call (docs/protocol.md). */
export const EXPIRY = 10;

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./connection.js").Message} Message
 * @typedef {import("./connection.js").Session} Session
 * @typedef {import("../protocol/messages.js").Parameters} Parameters
 * @typedef {import("../protocol/topics.js").Callee} Callee
 * @typedef {import("../protocol/topics.js").Topics} Topics
 * @typedef {(topics: Topics) => Callee} Target the callee, or the answering side
 * @typedef {(parameters: Parameters, caller?: string | null) => unknown} Procedure its result, or a
 *   promise of it; the caller is the client id in a request, which a command does not have
 *
 * @typedef {object} Registration
 * @property {Target} target
 * @property {Map<string, Procedure>} procedures
 * @property {(procedure: string, error: CallError) => void} failed
 *
 * @typedef {object} Call
 * @property {Target} target
 * @property {string} procedure
 * @property {number} timeout milliseconds
 * @property {AbortSignal | null} [signal]
 *
 * @typedef {object} Pending
 * @property {Target} target
 * @property {number} sentAt
 * @property {(payload: Uint8Array) => void} answer
 * @property {(error: CallError) => void} fail
 */

export class Rpc {
  #connection;
  #timeout;
  #log;
  /** @type {Registration[]} */
  #registrations = [];
  /** @type {Set<Target>} */
  #called = new Set();
  /** @type {Map<string, Pending>} by the topic of the answer */
  #pending = new Map();
  /** distinguishes the calls from those of an earlier page with the same client id */
  #prefix = randomToken();
  #calls = 0;

  /**
   * @param {Connection} connection
   * @param {object} [options]
   * @param {number} [options.timeout] milliseconds until a call fails with `timeout`
   * @param {Pick<Console, "error" | "debug">} [options.log]
   */
  constructor(connection, { timeout = EXPIRY * 1000, log = console } = {}) {
    this.#connection = connection;
    this.#timeout = timeout;
    this.#log = log;
    connection.received.listen((message) => this.#receive(message));
    connection.changed.listen((status) => {
      if (status !== "live") this.#lose();
    });
  }

  /**
   * Answer the commands and requests to `target` with `procedures`, also after reconnections.
   * @param {Target} target
   * @param {Map<string, Procedure>} procedures
   * @param {(procedure: string, error: CallError) => void} [failed] called with the error of
   *   a command, which has no answer
   */
  register(target, procedures, failed = () => {}) {
    this.#registrations.push({ target, procedures, failed });
    this.#connection.subscribe(({ topics }) => {
      const callee = target(topics);
      return [callee.commands, callee.requests];
    });
  }

  /**
   * Subscribe to the answers of `target`; otherwise the first `call` does, with one more packet.
   * @param {Target} target
   */
  expect(target) {
    if (this.#called.has(target)) return;
    this.#called.add(target);
    this.#connection.subscribe(({ topics, clientId }) => [target(topics).responses(clientId)]);
  }

  /**
   * Call `procedure` of `target` right after the CONNECT of each later session. Only for procedures
   * that change nothing, because the connection is not yet known to work.
   * @param {Target} target
   * @param {string} procedure
   * @param {number} timeout milliseconds
   * @param {(answer: Promise<unknown>) => void} asked receives what `call` would return
   */
  greet(target, procedure, timeout, asked) {
    this.expect(target);
    this.#connection.greet((session) => {
      const payload = writeParameters({});
      const { request, answer } = this.#write(session, { target, procedure, timeout });
      asked(answer);
      return { topic: request, payload, expiry: EXPIRY };
    });
  }

  /**
   * Call `procedure` of `target`; the promise is its result, or fails with a CallError.
   *
   * Nothing is queued: without a connection the call fails with `unavailable`.
   * @param {Target} target
   * @param {string} procedure
   * @param {Record<string, unknown> | unknown[]} [parameters] by name, or by position
   * @param {object} [options]
   * @param {number} [options.timeout] milliseconds
   * @param {AbortSignal | null} [options.signal] cancels the call, which fails with `cancelled`
   * @returns {Promise<unknown>}
   */
  async call(target, procedure, parameters = {}, { timeout = this.#timeout, signal = null } = {}) {
    const payload = writeParameters(parameters);
    const proven = this.#connection.proven();
    if (proven) await proven;
    if (signal?.aborted) throw cancelled();
    const { session } = this.#connection;
    if (!session) throw new CallError("unavailable", "there is no connection to the broker");
    this.expect(target);
    const { request, response, answer } = this.#write(session, {
      target,
      procedure,
      timeout,
      signal,
    });
    this.#connection.publish(request, payload, { expiry: EXPIRY }).catch((error) => {
      const pending = this.#pending.get(response);
      pending?.fail(error);
    });
    return answer;
  }

  /**
   * Fail the calls that wait for an answer of `target`, or all calls.
   * @param {CallError} error
   * @param {Target | null} [target]
   */
  fail(error, target = null) {
    for (const pending of Array.from(this.#pending.values())) {
      if (target === null || pending.target === target) pending.fail(error);
    }
  }

  /** Fail the waiting calls, each as soon as it can no longer take effect. */
  #lose() {
    for (const pending of Array.from(this.#pending.values())) {
      const fail = () =>
        pending.fail(new CallError("unavailable", "the connection was lost", "lost"));
      const delay = this.#connection.lingering(pending.sentAt);
      if (delay > 0) setTimeout(fail, delay);
      else fail();
    }
  }

  /**
   * Return the topics of a new call, and the promise of its answer.
   *
   * @param {Session} session
   * @param {Call} call
   */
  #write(session, call) {
    const callee = call.target(session.topics);
    const name = `${this.#prefix}-${(++this.#calls).toString(36)}`;
    const response = callee.response(session.clientId, name);
    const request = callee.request(session.clientId, name, call.procedure);
    return { request, response, answer: this.#answerOn(response, call) };
  }

  /**
   * @param {string} topic
   * @param {Call} call
   * @returns {Promise<unknown>}
   */
  #answerOn(topic, { target, timeout, signal = null, procedure }) {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        this.#pending.delete(topic);
      };
      const fail = (/** @type {unknown} */ error) => {
        settle();
        reject(error);
      };
      const abort = () => fail(cancelled());
      const timer = setTimeout(() => {
        fail(new CallError("timeout", `no answer to ${procedure} within ${timeout / 1000} s`));
      }, timeout);
      signal?.addEventListener("abort", abort);
      const answer = (/** @type {Uint8Array} */ payload) => {
        settle();
        try {
          resolve(readResponse(payload));
        } catch (error) {
          reject(error);
        }
      };
      this.#pending.set(topic, { target, sentAt: Date.now(), answer, fail });
    });
  }

  /** @param {Message} message */
  #receive(message) {
    const pending = this.#pending.get(message.topic);
    if (pending) {
      pending.answer(message.payload);
      return;
    }
    const { session } = this.#connection;
    if (!session) return;
    for (const registration of this.#registrations) {
      const callee = registration.target(session.topics);
      if (message.topic.startsWith(`${callee.root}/`)) {
        void this.#serve(callee, registration, message);
        return;
      }
    }
  }

  /**
   * @param {Callee} callee
   * @param {Registration} registration
   * @param {Message} message
   */
  async #serve(callee, { procedures, failed }, message) {
    const request = callee.parse(message.topic);
    // a retained command would take effect again after each subscription
    if (!request || message.retain) {
      this.#log.debug(request ? "retained request ignored" : "malformed request ignored");
      return;
    }
    const { responseTopic, correlationData } = message;
    if (responseTopic !== null && !callee.mayAnswer(request, responseTopic)) {
      this.#log.error(`${request.procedure}: a Response Topic elsewhere is not honoured`);
    }
    const topic = callee.answersTo(request, responseTopic);
    let payload;
    try {
      if (message.late) throw new CallError("runtime_error", "it came while the callee slept");
      const { procedure, caller } = request;
      payload = writeResult(await run(procedures, procedure, message.payload, caller));
    } catch (error) {
      const told = error instanceof CallError ? error : new CallError("runtime_error", `${error}`);
      if (told !== error) this.#log.error(`${request.procedure}:`, error);
      payload = writeError(told);
      if (topic === null) failed(request.procedure, told);
    }
    if (topic === null) return;
    this.#connection.publish(topic, payload, { expiry: EXPIRY, correlationData }).catch(() => {
      this.#log.debug("an answer found no connection");
    });
  }
}

/**
 * @param {Map<string, Procedure>} procedures
 * @param {string} name
 * @param {Uint8Array} payload
 * @param {string | null} caller
 * @returns {Promise<unknown>}
 */
async function run(procedures, name, payload, caller) {
  const procedure = procedures.get(name);
  if (!procedure) throw new CallError("no_such_procedure", `there is no procedure ${name}`);
  return procedure(readParameters(payload), caller);
}

function cancelled() {
  return new CallError("cancelled", "the call was given up");
}
