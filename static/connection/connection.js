/** A lasting connection to the broker: one session after the other, with growing pauses between. */

import { Backoff } from "./backoff.js";
import { ApiError, CallError, TransportError } from "../protocol/errors.js";
import { Heartbeat } from "./heartbeat.js";
import { VersionedTransport } from "../mqtt/versioned-transport.js";
import { Signal } from "../events/signal.js";
import { Topics } from "../protocol/topics.js";

const HEARTBEAT = { interval: 3000, patience: 3000 };
const WAKE_PATIENCE = 1500;
/** Milliseconds after which a session has held so long that its loss is a new misfortune. */
const STEADY = 2000;
/** Milliseconds by which a broker may be late to give up a silent session. */
const BROKER_SLACK = 1500;

/**
 * @typedef {import("../mqtt/transport.js").Message & { late: boolean }} Message `late`: it may have
 *   waited here while the page slept
 * @typedef {import("../mqtt/transport.js").Greeting} Greeting
 * @typedef {import("../mqtt/transport.js").PublishOptions} PublishOptions
 * @typedef {import("../mqtt/transport.js").Will} Will
 * @typedef {import("../mqtt/versioned-transport.js").OpenTransport} OpenTransport
 * @typedef {import("./api.js").Credentials} Credentials
 *
 * @typedef {object} Session what holds for as long as one connection to the broker does
 * @property {string} clientId
 * @property {Credentials["role"]} role
 * @property {Topics} topics
 *
 * @typedef {"idle" | "connecting" | "live" | "offline" | "refused" | "taken-over"} Status
 *   `offline` connects again by itself, `refused` and `taken-over` do only when told to
 */

export class Connection {
  /**
   * @param {object} parts
   * @param {OpenTransport} parts.open
   * @param {() => Promise<Credentials>} parts.credentials asked at each attempt
   * @param {number} parts.keepAlive seconds; the broker gives up on us after one and a half of them
   * @param {(topics: Topics) => Will | null} [parts.will]
   * @param {Backoff} [parts.backoff]
   */
  constructor({ open, credentials, keepAlive, will = () => null, backoff = new Backoff() }) {
    /** @private */
    this._transports = new VersionedTransport(open);
    /** @private */
    this._credentials = credentials;
    /** @private */
    this._keepAlive = keepAlive;
    /** @private */
    this._will = will;
    /** @private */
    this._backoff = backoff;
    /** @private @type {((session: Session) => string[])[]} */
    this._subscriptions = [];
    /** @private @type {((session: Session) => Greeting)[]} */
    this._greetings = [];
    /** @private @type {import("../mqtt/transport.js").MqttTransport | null} */
    this._transport = null;
    /** @private counts the attempts, so that what an abandoned one still does is ignored */
    this._attempt = 0;
    /** @private */
    this._attemptedAt = 0;
    /** @private */
    this._begunAt = 0;
    /** @private the last session ended with no word of the broker */
    this._silent = false;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    /** @private */
    this._heartbeat = this._newHeartbeat();
    /** @type {Status} */
    this.status = "idle";
    /** @type {Error | null} why it is not live */
    this.problem = null;
    /** @type {Session | null} */
    this.session = null;
    /** @type {Signal<Status>} */
    this.changed = new Signal();
    /** @type {Signal<Session>} a new session has begun, its subscriptions are made */
    this.opened = new Signal();
    /** @type {Signal<Message>} */
    this.received = new Signal();
  }

  /** Connect, and stay connected until `stop` or `yieldPlace`. */
  start() {
    clearTimeout(this._timer);
    this._backoff.reset();
    this._become("connecting");
    void this._connect();
  }

  /**
   * Disconnect for good, after what was published.
   * @returns {Promise<void>}
   */
  stop() {
    return this._leave("idle");
  }

  /**
   * Disconnect at once, with retained last words: the page is being closed.
   * @param {(session: Session) => { topic: string, payload: Uint8Array }[]} words
   */
  leave(words) {
    clearTimeout(this._timer);
    this._attempt += 1;
    const { session } = this;
    const transport = this._release();
    if (transport && session) transport.leave(words(session));
    this._become("idle");
  }

  /** Disconnect because another client has taken this one's place; do not fight for it. */
  yieldPlace() {
    return this._leave("taken-over");
  }

  /**
   * Make sure of the connection now: the device woke up, or the network changed.
   *
   * A live connection must show life within 1.5 s; a lost one is tried again at once.
   */
  wake() {
    if (this.status === "live") {
      void this._heartbeat.probe(WAKE_PATIENCE);
    } else if (this.status === "offline" || this.status === "connecting") {
      // An attempt begun before the sleep may hang until its time-out.
      if (this._attemptedAt && Date.now() - this._attemptedAt < WAKE_PATIENCE) return;
      clearTimeout(this._timer);
      this._backoff.reset();
      void this._connect();
    }
  }

  /**
   * Subscribe to `filters` now and at the start of each later session.
   * @param {(session: Session) => string[]} filters
   */
  subscribe(filters) {
    this._subscriptions.push(filters);
    if (this._transport && this.session) {
      this._watch(this._transport, this._transport.subscribe(filters(this.session)));
    }
  }

  /**
   * Publish something with the CONNECT of each later session: it may be lost, or arrive late.
   * @param {(session: Session) => Greeting} greeting
   */
  greet(greeting) {
    this._greetings.push(greeting);
  }

  /**
   * Publish now or fail with a CallError `unavailable`: nothing is kept for a later session.
   * @param {string} topic
   * @param {Uint8Array} payload
   * @param {PublishOptions} [options]
   * @returns {Promise<void>}
   */
  async publish(topic, payload, options = {}) {
    if (!this._transport) throw notConnected();
    try {
      await this._transport.publish(topic, payload, options);
    } catch (error) {
      throw new CallError("unavailable", reasonOf(error));
    }
  }

  /**
   * Resolve once the broker is known to hear us, else fail with a CallError `unavailable`.
   *
   * A message handed to a socket whose network has gone is not lost: it may arrive when the network
   * is back. Who must not be obeyed late waits for this first.
   * @returns {Promise<void> | undefined} nothing when it is known already
   */
  proven() {
    if (!this._transport) return Promise.reject(notConnected());
    if (this._heartbeat.fresh) return undefined;
    return this._heartbeat.probe().then((alive) => {
      if (!alive) throw notConnected();
    });
  }

  /**
   * Return for how long the broker may still obey what was sent at `sentAt` on a session that is
   * lost, in milliseconds: what lies in a cut network arrives when it is whole again, unless the
   * broker has given the session up before.
   * @param {number} sentAt by `Date.now`
   */
  lingering(sentAt) {
    if (!this._silent) return 0;
    return Math.max(0, sentAt + 1500 * this._keepAlive + BROKER_SLACK - Date.now());
  }

  /** @private */
  async _connect() {
    const attempt = ++this._attempt;
    this._drop();
    this._attemptedAt = Date.now();
    try {
      const credentials = await this._credentials();
      if (attempt !== this._attempt) return;
      const session = {
        clientId: credentials.client_id,
        role: credentials.role,
        topics: new Topics(credentials.base_topic),
      };
      await this._openFor(attempt, credentials, session);
    } catch (error) {
      if (attempt === this._attempt) this._failed(asError(error));
    }
  }

  /**
   * @private
   * @param {number} attempt
   * @param {Credentials} credentials
   * @param {Session} session
   */
  _openFor(attempt, credentials, session) {
    const subscriptions = this._subscriptions.slice();
    return this._transports.open(
      {
        url: credentials.url,
        clientId: session.clientId,
        username: credentials.username,
        password: credentials.password,
        keepAlive: this._keepAlive,
        will: this._will(session.topics),
        filters: subscriptions.map((subscription) => subscription(session)).flat(),
        greetings: this._greetings.map((greeting) => greeting(session)),
      },
      {
        begun: (transport) => {
          if (attempt !== this._attempt) transport.abort();
          else this._begin(transport, session, subscriptions.length);
        },
        message: (message) => {
          if (attempt !== this._attempt) return;
          this.received.emit({ ...message, late: this._heartbeat.doubtful });
        },
        traffic: () => {
          if (attempt === this._attempt) this._heartbeat.heard();
        },
        pinged: () => {
          if (attempt === this._attempt) this._heartbeat.pinged();
        },
        ponged: () => {
          if (attempt === this._attempt) this._heartbeat.ponged();
        },
        closed: ({ takenOver, silent }) => {
          if (attempt !== this._attempt) return;
          this._silent = silent;
          if (takenOver) void this.yieldPlace();
          else this._failed(new TransportError("the connection was closed"));
        },
      },
    );
  }

  /**
   * @private
   * @param {import("../mqtt/transport.js").MqttTransport} transport
   * @param {Session} session
   * @param {number} subscribed how many of the subscriptions went out with it
   */
  _begin(transport, session, subscribed) {
    this._transport = transport;
    this.session = session;
    this._begunAt = Date.now();
    this._silent = false;
    this._heartbeat = this._newHeartbeat();
    this._heartbeat.start();
    this._watch(transport, transport.granted);
    // The broker takes packets in their order, so what follows need not wait for its SUBACK.
    for (const subscription of this._subscriptions.slice(subscribed)) {
      this._watch(transport, transport.subscribe(subscription(session)));
    }
    this._become("live");
    this.opened.emit(session);
  }

  /**
   * Lose a session whose subscriptions are refused: without them it would look live and be deaf.
   * @private
   * @param {import("../mqtt/transport.js").MqttTransport} transport
   * @param {Promise<void>} granted
   */
  _watch(transport, granted) {
    granted.catch((error) => {
      if (transport === this._transport && !transport.closing) this._failed(asError(error));
    });
  }

  /**
   * @private
   * @param {Error} error
   */
  _failed(error) {
    this._attempt += 1;
    this._attemptedAt = 0;
    // Two that take each other's place, or a refused subscription, must not become a race.
    if (this._transport && Date.now() - this._begunAt > STEADY) this._backoff.reset();
    this._drop();
    if (error instanceof ApiError && !error.passing) {
      this._become("refused", error);
      return;
    }
    this._timer = setTimeout(() => void this._connect(), this._backoff.next());
    this._become("offline", error);
  }

  /**
   * @private
   * @param {Status} status
   */
  async _leave(status) {
    clearTimeout(this._timer);
    this._attempt += 1;
    const transport = this._release();
    this._become(status);
    if (transport) await transport.close();
  }

  /** @private */
  _drop() {
    clearTimeout(this._timer);
    const transport = this._release();
    if (transport) transport.abort();
  }

  /** @private */
  _release() {
    const transport = this._transport;
    this._transport = null;
    this.session = null;
    this._heartbeat.stop();
    return transport;
  }

  /** @private */
  _newHeartbeat() {
    return new Heartbeat({
      ...HEARTBEAT,
      ping: () => this._transport && this._transport.ping(),
      dead: () => {
        this._silent = true;
        this._failed(new TransportError("the broker does not answer"));
      },
    });
  }

  /**
   * @private
   * @param {Status} status
   * @param {Error | null} [problem]
   */
  _become(status, problem = null) {
    const same = status === this.status && problem === this.problem;
    this.status = status;
    this.problem = problem;
    if (!same) this.changed.emit(status);
  }
}

function notConnected() {
  return new CallError("unavailable", "there is no connection to the broker");
}

/**
 * @param {unknown} error
 * @returns {Error}
 */
function asError(error) {
  return error instanceof Error ? error : new Error(String(error));
}

/** @param {unknown} error */
function reasonOf(error) {
  return asError(error).message;
}
