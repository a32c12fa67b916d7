/** A connection to the broker that reconnects by itself, with growing delays. */

import { Backoff } from "./backoff.js";
import { ApiError, CallError, TransportError } from "../protocol/errors.js";
import { Heartbeat } from "./heartbeat.js";
import { VersionedTransport } from "../mqtt/versioned-transport.js";
import { Signal } from "../events/signal.js";
import { Topics } from "../protocol/topics.js";

/** @type {{ interval: number, patience: [number, number] }} */
const HEARTBEAT = { interval: 2000, patience: [1500, 4000] };
const WAKE_PATIENCE = 1500;
/** Milliseconds after which a session counts as stable, so that its loss resets the delay. */
const STEADY = 2000;
/** Milliseconds for which the CONNECT of an abandoned attempt may still be under way. */
const UNDER_WAY = 10_000;
/** Milliseconds by which a broker may exceed the keep alive before it ends a silent session. */
const BROKER_SLACK = 1500;

/**
 * @typedef {import("../mqtt/transport.js").Message & { late: boolean }} Message `late`: it may have
 *   waited in the socket while the page was suspended
 * @typedef {import("../mqtt/transport.js").Greeting} Greeting
 * @typedef {import("../mqtt/transport.js").PublishOptions} PublishOptions
 * @typedef {import("../mqtt/transport.js").Will} Will
 * @typedef {import("../mqtt/versioned-transport.js").OpenTransport} OpenTransport
 * @typedef {import("./api.js").Credentials} Credentials
 *
 * @typedef {object} Session what is constant during one connection to the broker
 * @property {string} clientId
 * @property {Credentials["role"]} role
 * @property {Topics} topics
 *
 * @typedef {"idle" | "connecting" | "live" | "offline" | "refused" | "taken-over"} Status
 *   `offline` reconnects by itself, `refused` and `taken-over` only after `start`
 */

export class Connection {
  #transports;
  #credentials;
  #keepAlive;
  #will;
  #backoff;
  /** @type {((session: Session) => string[])[]} */
  #subscriptions = [];
  /** @type {((session: Session) => Greeting)[]} */
  #greetings = [];
  /** @type {import("../mqtt/transport.js").MqttTransport | null} */
  #transport;
  /** the number of attempts, to ignore the events of earlier ones */
  #attempt = 0;
  #attemptedAt = 0;
  #begunAt = 0;
  /** the present attempt has sent its CONNECT and got no answer yet */
  #greeted = false;
  /** until then, an abandoned attempt may take over the session */
  #contestedUntil = 0;
  /** the last session ended because the broker did not answer */
  #silent = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  #heartbeat;
  /** @type {Status} */
  status = "idle";

  /**
   * @param {object} parts
   * @param {OpenTransport} parts.open
   * @param {() => Promise<Credentials>} parts.credentials called at each attempt
   * @param {number} parts.keepAlive seconds; the broker ends a session after 1.5 times as long
   * @param {(topics: Topics) => Will | null} [parts.will]
   * @param {Backoff} [parts.backoff]
   */
  constructor({ open, credentials, keepAlive, will = () => null, backoff = new Backoff() }) {
    this.#transports = new VersionedTransport(open);
    this.#credentials = credentials;
    this.#keepAlive = keepAlive;
    this.#will = will;
    this.#backoff = backoff;
    this.#transport = null;
    this.#heartbeat = this.#newHeartbeat();
    /** @type {Error | null} why it is not live */
    this.problem = null;
    /** @type {Session | null} */
    this.session = null;
    /** @type {Signal<Status>} */
    this.changed = new Signal();
    /** @type {Signal<Session>} a session has started and has sent its subscriptions */
    this.opened = new Signal();
    /** @type {Signal<Message>} */
    this.received = new Signal();
  }

  /** Connect, and stay connected until `stop` or `yieldPlace`. */
  start() {
    clearTimeout(this.#timer);
    this.#backoff.reset();
    this.#become("connecting");
    void this.#connect();
  }

  /**
   * Disconnect after everything published is sent; do not reconnect.
   * @returns {Promise<void>}
   */
  stop() {
    return this.#leave("idle");
  }

  /**
   * Publish retained messages and disconnect at once, because the page is being closed.
   * @param {(session: Session) => { topic: string, payload: Uint8Array }[]} words
   */
  leave(words) {
    clearTimeout(this.#timer);
    this.#attempt += 1;
    const { session } = this;
    const transport = this.#release();
    if (transport && session) transport.leave(words(session));
    this.#become("idle");
  }

  /** Disconnect because another client has taken over the session; do not reconnect. */
  yieldPlace() {
    return this.#leave("taken-over");
  }

  /** The version of MQTT of the session; null without one. */
  get version() {
    return this.#transport && this.#transport.version;
  }

  /**
   * Check the connection now, because the device woke up or the network changed.
   *
   * The broker must answer within 1.5 s; a lost connection is retried at once.
   */
  wake() {
    if (this.status === "live") {
      void this.#heartbeat.probe(WAKE_PATIENCE);
    } else if (this.status === "offline" || this.status === "connecting") {
      // an attempt started before the suspension may hang until its time-out
      if (this.#attemptedAt && Date.now() - this.#attemptedAt < WAKE_PATIENCE) return;
      clearTimeout(this.#timer);
      this.#backoff.reset();
      void this.#connect();
    }
  }

  /**
   * Subscribe to `filters` now and in each later session.
   * @param {(session: Session) => string[]} filters
   */
  subscribe(filters) {
    this.#subscriptions.push(filters);
    if (this.#transport && this.session) {
      this.#watch(this.#transport, this.#transport.subscribe(filters(this.session)));
    }
  }

  /**
   * Publish a message right after the CONNECT of each later session; it may be lost or late.
   * @param {(session: Session) => Greeting} greeting
   */
  greet(greeting) {
    this.#greetings.push(greeting);
  }

  /**
   * Publish now or fail with a CallError `unavailable`: nothing is queued for a later session.
   * @param {string} topic
   * @param {Uint8Array} payload
   * @param {PublishOptions} [options]
   * @returns {Promise<void>}
   */
  async publish(topic, payload, options = {}) {
    if (!this.#transport) throw notConnected();
    try {
      await this.#transport.publish(topic, payload, options);
    } catch (error) {
      throw new CallError("unavailable", reasonOf(error));
    }
  }

  /**
   * Resolve once the connection is known to work, else fail with a CallError `unavailable`.
   *
   * A message written to a socket without a network is not lost: it may arrive when the network is
   * back. Await this before a request that must not take effect late.
   * @returns {Promise<void> | undefined} undefined if it is known already
   */
  proven() {
    if (!this.#transport) return Promise.reject(notConnected());
    if (this.#heartbeat.fresh) return undefined;
    return this.#heartbeat.probe().then((alive) => {
      if (!alive) throw notConnected();
    });
  }

  /**
   * Return for how many milliseconds a request sent at `sentAt` on a lost session may still take
   * effect: it may arrive when the network is back, until the broker ends the session.
   * @param {number} sentAt by `Date.now`
   */
  lingering(sentAt) {
    if (!this.#silent) return 0;
    return Math.max(0, sentAt + 1500 * this.#keepAlive + BROKER_SLACK - Date.now());
  }

  async #connect() {
    const attempt = ++this.#attempt;
    if (this.#greeted) this.#contestedUntil = Date.now() + UNDER_WAY;
    this.#greeted = false;
    this.#drop();
    this.#attemptedAt = Date.now();
    try {
      const credentials = await this.#credentials();
      if (attempt !== this.#attempt) return;
      const session = {
        clientId: credentials.client_id,
        role: credentials.role,
        topics: new Topics(credentials.base_topic),
      };
      await this.#openFor(attempt, credentials, session);
    } catch (error) {
      if (attempt === this.#attempt) this.#failed(asError(error));
    }
  }

  /**
   * @param {number} attempt
   * @param {Credentials} credentials
   * @param {Session} session
   */
  #openFor(attempt, credentials, session) {
    const subscriptions = this.#subscriptions.slice();
    return this.#transports.open(
      {
        url: credentials.url,
        clientId: session.clientId,
        username: credentials.username,
        password: credentials.password,
        keepAlive: this.#keepAlive,
        will: this.#will(session.topics),
        filters: subscriptions.map((subscription) => subscription(session)).flat(),
        greetings: this.#greetings.map((greeting) => greeting(session)),
      },
      {
        wanted: () => {
          const wanted = attempt === this.#attempt;
          if (wanted) this.#greeted = true;
          return wanted;
        },
        begun: (transport) => {
          if (attempt !== this.#attempt) transport.abort();
          else this.#begin(transport, session, subscriptions.length);
        },
        message: (message) => {
          if (attempt !== this.#attempt) return;
          this.received.emit({ ...message, late: this.#heartbeat.doubtful });
        },
        traffic: () => {
          if (attempt === this.#attempt) this.#heartbeat.heard();
        },
        pinged: () => {
          if (attempt === this.#attempt) this.#heartbeat.pinged();
        },
        ponged: () => {
          if (attempt === this.#attempt) this.#heartbeat.ponged();
        },
        closed: ({ takenOver, silent }) => {
          if (attempt !== this.#attempt) return;
          this.#silent = silent;
          if (takenOver && Date.now() > this.#contestedUntil) void this.yieldPlace();
          else this.#failed(new TransportError("the connection was closed"));
          if (takenOver) this.#contestedUntil = 0;
        },
      },
    );
  }

  /**
   * @param {import("../mqtt/transport.js").MqttTransport} transport
   * @param {Session} session
   * @param {number} subscribed the number of subscriptions already sent
   */
  #begin(transport, session, subscribed) {
    this.#transport = transport;
    this.session = session;
    this.#greeted = false;
    this.#begunAt = Date.now();
    this.#silent = false;
    this.#heartbeat = this.#newHeartbeat();
    this.#heartbeat.start();
    this.#watch(transport, transport.granted);
    // the broker handles packets in order, so later ones need not wait for SUBACK
    for (const subscription of this.#subscriptions.slice(subscribed)) {
      this.#watch(transport, transport.subscribe(subscription(session)));
    }
    this.#become("live");
    this.opened.emit(session);
  }

  /**
   * End a session whose subscriptions are refused: it would look live but receive nothing.
   *
   * @param {import("../mqtt/transport.js").MqttTransport} transport
   * @param {Promise<void>} granted
   */
  #watch(transport, granted) {
    granted.catch((error) => {
      if (transport === this.#transport && !transport.closing) this.#failed(asError(error));
    });
  }

  /** @param {Error} error */
  #failed(error) {
    this.#attempt += 1;
    this.#attemptedAt = 0;
    // clients that take over each other, or a refused subscription, must not reconnect in a loop
    if (this.#transport && Date.now() - this.#begunAt > STEADY) this.#backoff.reset();
    this.#drop();
    if (error instanceof ApiError && !error.passing) {
      this.#become("refused", error);
      return;
    }
    this.#timer = setTimeout(() => void this.#connect(), this.#backoff.next());
    this.#become("offline", error);
  }

  /** @param {Status} status */
  async #leave(status) {
    clearTimeout(this.#timer);
    this.#attempt += 1;
    const transport = this.#release();
    this.#become(status);
    if (transport) await transport.close();
  }

  #drop() {
    clearTimeout(this.#timer);
    const transport = this.#release();
    transport?.abort();
  }

  #release() {
    const transport = this.#transport;
    this.#transport = null;
    this.session = null;
    this.#heartbeat.stop();
    return transport;
  }

  #newHeartbeat() {
    return new Heartbeat({
      ...HEARTBEAT,
      ping: () => this.#transport?.ping(),
      dead: () => {
        this.#silent = true;
        this.#failed(new TransportError("the broker does not answer"));
      },
    });
  }

  /**
   * @param {Status} status
   * @param {Error | null} [problem]
   */
  #become(status, problem = null) {
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
