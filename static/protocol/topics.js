/** The names and topics of the wire contract (docs/protocol.md, "Names" and "Topics"); no I/O. */

import { TopicError } from "./errors.js";

const PLAYER_ID = /^[0-9a-f]{32}$/;
const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;
const SERVICE = /^[a-z0-9_-]{1,64}$/;
const PROCEDURE = /^[a-z0-9_]+(?:\/[a-z0-9_]+)*$/;
const LEVEL = /^(?!\$)[^.\s*>+#/\0]+$/;

/**
 * Return whether `text` is a player id: 32 lowercase hexadecimal digits.
 * @param {string} text
 */
export function isPlayerId(text) {
  return PLAYER_ID.test(text);
}

/**
 * Return whether `text` is a procedure: one or more levels of `[a-z0-9_]+`.
 * @param {string} text
 */
export function isProcedure(text) {
  return PROCEDURE.test(text);
}

/**
 * Return whether `text` may stand for a caller or a call: `[A-Za-z0-9_-]{1,64}`.
 * @param {string} text
 */
export function isToken(text) {
  return TOKEN.test(text);
}

/**
 * A command or request, read from its topic; a command has neither caller nor call.
 * @typedef {object} Request
 * @property {string} procedure for example `volume/up`
 * @property {string | null} caller the caller's client id
 * @property {string | null} call the caller's token for this call
 */

/** The topics of a callee: a player, the server or a service. */
export class Callee {
  /** @param {string} root the topic above all others, without a trailing slash */
  constructor(root) {
    this.root = root;
  }

  /** The topic of its availability, `online` or `offline`, retained. */
  get availability() {
    return `${this.root}/availability`;
  }

  /** The topic of its state, retained. */
  get state() {
    return `${this.root}/state`;
  }

  /**
   * Return the topic of the event `name`.
   * @param {string} name
   */
  event(name) {
    return `${this.root}/event/${name}`;
  }

  /**
   * Return the topic for commands of `procedure`, which have no answer on MQTT 3.1.1.
   * @param {string} procedure
   */
  command(procedure) {
    return `${this.root}/command/${checkProcedure(procedure)}`;
  }

  /**
   * Return the topic for the request `call` of `caller` to `procedure`.
   * @param {string} caller
   * @param {string} call
   * @param {string} procedure
   */
  request(caller, call, procedure) {
    return `${this.root}/request/${checkToken(caller)}/${checkToken(call)}/${checkProcedure(procedure)}`;
  }

  /**
   * Return the topic for the response to the request `call` of `caller`.
   * @param {string} caller
   * @param {string} call
   */
  response(caller, call) {
    return `${this.root}/response/${checkToken(caller)}/${checkToken(call)}`;
  }

  /** The filter of all commands. */
  get commands() {
    return `${this.root}/command/#`;
  }

  /** The filter of all requests. */
  get requests() {
    return `${this.root}/request/#`;
  }

  /**
   * Return the filter of all responses to `caller`.
   * @param {string} caller
   */
  responses(caller) {
    return `${this.root}/response/${checkToken(caller)}/#`;
  }

  /**
   * Return the request in a topic below this callee; null if it is malformed. Its procedure may be
   * one that no callee can have, so that a misspelt one has an answer.
   * @param {string} topic
   * @returns {Request | null}
   */
  parse(topic) {
    if (!topic.startsWith(`${this.root}/`)) return null;
    const [kind, ...levels] = topic.slice(this.root.length + 1).split("/");
    if (kind === "command") {
      const procedure = levels.join("/");
      return hasLevels(levels) ? { procedure, caller: null, call: null } : null;
    }
    if (kind !== "request" || levels.length < 3) return null;
    const [caller, call, ...rest] = levels;
    const procedure = rest.join("/");
    if (!isToken(caller) || !isToken(call) || !hasLevels(rest)) return null;
    return { procedure, caller, call };
  }

  /**
   * Return the topic for the response to `request`; null if there is none.
   *
   * A Response Topic is used only below this callee's `response/` and, on `request/…`, below
   * `response/<caller>/`; otherwise the topic of the request decides.
   * @param {Request} request
   * @param {string | null} responseTopic
   */
  answersTo(request, responseTopic) {
    if (responseTopic !== null && this.mayAnswer(request, responseTopic)) return responseTopic;
    if (request.caller === null || request.call === null) return null;
    return this.response(request.caller, request.call);
  }

  /**
   * Return whether the answer to `request` may go to `topic`.
   * @param {Request} request
   * @param {string} topic
   */
  mayAnswer(request, topic) {
    let below = `${this.root}/response/`;
    if (request.caller !== null) below += `${request.caller}/`;
    if (!topic.startsWith(below)) return false;
    return hasLevels(topic.slice(below.length).split("/"));
  }
}

/** The topics below one base topic (the setting `base_topic`; it may have several levels). */
export class Topics {
  /** @param {string} [base] */
  constructor(base = "zapette") {
    for (const level of base.split("/")) {
      if (!LEVEL.test(level)) {
        throw new TopicError(`base topic "${base}": the level "${level}" is not allowed`);
      }
    }
    this.base = base;
  }

  /**
   * Return the topics of a player.
   * @param {string} id 32 lowercase hexadecimal digits; otherwise throws a TopicError
   */
  player(id) {
    if (!isPlayerId(id)) {
      throw new TopicError("player id: 32 lowercase hexadecimal digits are needed");
    }
    return new Callee(`${this.base}/players/${id}`);
  }

  /** The topics of the server itself. */
  get server() {
    return new Callee(`${this.base}/server`);
  }

  /**
   * Return the topics of a program that offers procedures.
   * @param {string} name `[a-z0-9_-]{1,64}`; otherwise throws a TopicError
   */
  service(name) {
    if (!SERVICE.test(name)) {
      throw new TopicError(`service name "${name}": 1 to 64 of a-z, 0-9, _ and - are needed`);
    }
    return new Callee(`${this.base}/services/${name}`);
  }
}

/** @param {string[]} levels */
function hasLevels(levels) {
  return levels.every((level) => LEVEL.test(level));
}

/** @param {string} procedure */
function checkProcedure(procedure) {
  if (!isProcedure(procedure)) {
    throw new TopicError(`procedure "${procedure}": levels of a-z, 0-9 and _ are needed`);
  }
  return procedure;
}

/** @param {string} token */
function checkToken(token) {
  if (!isToken(token)) {
    throw new TopicError(`"${token}": 1 to 64 of A-Z, a-z, 0-9, _ and - are needed`);
  }
  return token;
}
