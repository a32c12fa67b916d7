/** The web server's JSON interface (docs/http-api.md). */

import { ApiError } from "../protocol/errors.js";
import { isRecord } from "../protocol/messages.js";

const PATIENCE = 5000;
/** The server ends a search after 30 s, and others may run before it. */
const LINK_PATIENCE = 60_000;
/** A part must arrive within 20 s, and the server inspects the file after the last one. */
const UPLOAD_PATIENCE = 90_000;
const NO_CONTENT = 204;

/**
 * @typedef {Pick<Response, "ok" | "status" | "json">} Answer
 * @typedef {(url: string, options: RequestInit) => Promise<Answer>} Fetch
 *
 * @typedef {object} Link
 * @property {string} url
 * @property {string} qr_svg
 *
 * @typedef {object} Links
 * @property {Link} remote
 * @property {Link} guest
 *
 * @typedef {object} Credentials
 * @property {"player" | "remote" | "guest"} role
 * @property {string} url the broker's WebSocket
 * @property {string} client_id
 * @property {string} username
 * @property {string} password
 * @property {number} expires_at Unix time in seconds
 * @property {number} [expires_in] seconds from the answer, for devices whose clock is wrong
 * @property {string} base_topic
 * @property {Links | undefined} [links] for the player
 *
 * @typedef {{ proof: Proof, answer: Promise<Credentials> } | null} Admission
 * @typedef {{ id: string, owner_key: string, ip?: string } | { id: string, key: string }} Proof
 *
 * @typedef {object} Visitor
 * @property {string} client_id
 * @property {"remote" | "guest"} role
 * @property {string} device as its browser describes it; empty if unknown
 * @property {string} address empty if unknown
 * @property {number | null} since Unix time in seconds; null if unknown
 *
 * @typedef {object} UploadState an upload
 * @property {string} id
 * @property {number} size bytes
 * @property {number} received bytes
 * @property {number} part the most bytes in a part
 * @property {string | null} source for `load`; null until the upload is complete
 *
 * @typedef {object} Candidate
 * @property {string} ip
 * @property {string} interface
 */

export class Api {
  #base;
  #fetch;
  /** the last credentials; their answer sets the cookie for the library @type {Admission} */
  #admission = null;

  /**
   * @param {string} base the address to which `api/…` is relative
   * @param {Fetch} fetch
   */
  constructor(base, fetch) {
    this.#base = base;
    this.#fetch = fetch;
  }

  /**
   * Return a new player id and its owner key.
   * @returns {Promise<{ id: string, owner_key: string }>}
   */
  newPlayer() {
    return this.#ask("api/id");
  }

  /**
   * Return credentials for the broker.
   * @param {Proof} proof
   * @returns {Promise<Credentials>}
   */
  credentials(proof) {
    const answer = this.#ask("api/credentials", proof);
    this.#admission = { proof, answer };
    return answer;
  }

  /**
   * Make new keys for the player, which ends the old links; return the new links.
   * @param {string} id
   * @param {{ owner_key: string, ip?: string }} proof
   * @returns {Promise<Links>}
   */
  async newCode(id, proof) {
    const answer = await this.#ask(`api/players/${id}/code`, proof);
    return answer.links || answer;
  }

  /**
   * Return the addresses at which a phone may reach this server, the likeliest first.
   * @returns {Promise<{ ip: string, candidates: Candidate[] }>}
   */
  addresses() {
    return this.#ask("api/ip");
  }

  /**
   * Return entries of the library, once the page has credentials.
   * @param {import("../library/library.js").Query} query
   * @returns {Promise<import("../library/library.js").Listing>}
   */
  async list(query) {
    const given = Object.entries(query).map(([name, value]) => [name, String(value)]);
    const path = `api/library?${new URLSearchParams(given)}`;
    return this.#asInsider(() => this.#ask(path));
  }

  /**
   * Return the link for a code; an ApiError `wrong_code` if no player shows it now.
   * @param {string} code as it was typed
   * @returns {Promise<{ id: string, key: string, role: "remote" | "guest" }>}
   */
  pair(code) {
    return this.#ask("api/pairing", { code });
  }

  /**
   * Return a new code to type, which replaces the one before (docs/http-api.md, "Codes to type").
   * @param {string} id
   * @param {{ owner_key: string }} proof
   * @param {"remote" | "guest"} role of the page that uses it
   * @returns {Promise<{ code: string }>}
   */
  showCode(id, { owner_key }, role) {
    return this.#ask(`api/players/${id}/pairing`, { owner_key, role });
  }

  /**
   * Let in the new player that shows a code; an ApiError `wrong_code` if none does.
   * @param {string} id of an admitted player
   * @param {{ owner_key: string }} proof
   * @param {string} code as it was typed
   */
  async letIn(id, { owner_key }, code) {
    await this.#ask(`api/players/${id}/admissions`, { owner_key, code });
  }

  /**
   * Return the connected devices, newest first.
   * @param {string} id
   * @param {{ owner_key: string }} proof
   * @returns {Promise<{ connected: boolean, visitors: Visitor[] }>}
   */
  visitors(id, { owner_key }) {
    return this.#ask(`api/players/${id}/visitors`, { owner_key });
  }

  /**
   * Disconnect a device.
   * @param {string} id
   * @param {{ owner_key: string }} proof
   * @param {string} clientId
   */
  async turnOut(id, { owner_key }, clientId) {
    await this.#ask(`api/players/${id}/visitors/${clientId}/end`, { owner_key });
  }

  /**
   * Return the film that the server finds in a web page.
   * @param {string} address
   * @returns {Promise<{ source: string, title: string, duration: number | null }>}
   */
  link(address) {
    return this.#ask("api/links", { address }, LINK_PATIENCE);
  }

  /**
   * Begin an upload.
   * @param {string} name
   * @param {number} size bytes
   * @returns {Promise<UploadState>}
   */
  beginUpload(name, size) {
    return this.#asInsider(() => this.#ask("api/uploads", { name, size }, UPLOAD_PATIENCE));
  }

  /**
   * Return the state of an upload.
   * @param {string} id
   * @returns {Promise<UploadState>}
   */
  uploadState(id) {
    return this.#asInsider(() => this.#ask(`api/uploads/${id}`));
  }

  /**
   * Send a part of a file; after the last one, it can be played.
   * @param {string} id
   * @param {number} offset bytes
   * @param {Blob} part
   * @param {AbortSignal} signal
   * @returns {Promise<UploadState>}
   */
  uploadPart(id, offset, part, signal) {
    const headers = { "Content-Type": "application/octet-stream" };
    const options = { method: "PUT", headers, body: part };
    const path = `api/uploads/${id}?offset=${offset}`;
    return this.#asInsider(() => this.#send(path, options, UPLOAD_PATIENCE, signal));
  }

  /**
   * Cancel an upload.
   * @param {string} id
   */
  async endUpload(id) {
    await this.#send(`api/uploads/${id}`, { method: "DELETE" }, PATIENCE);
  }

  /**
   * Send a request once the page has credentials, and again if the browser has lost the cookie.
   *
   * @template T
   * @param {() => Promise<T>} ask
   * @returns {Promise<T>}
   */
  async #asInsider(ask) {
    await this.#admission?.answer.catch(() => {});
    try {
      return await ask();
    } catch (error) {
      if (!isOutside(error) || !this.#admission) throw error;
    }
    await this.credentials(this.#admission.proof);
    return ask();
  }

  /**
   * @param {string} path
   * @param {object} [body]
   * @param {number} [milliseconds] how long to wait
   * @returns {Promise<any>}
   */
  #ask(path, body, milliseconds = PATIENCE) {
    return this.#send(path, body ? post(body) : {}, milliseconds);
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   * @param {number} milliseconds how long to wait
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  async #send(path, options, milliseconds, signal) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), milliseconds);
    const abort = () => patience.abort();
    signal?.addEventListener("abort", abort);
    try {
      const response = await this.#fetch.call(undefined, new URL(path, this.#base).href, {
        cache: "no-store",
        signal: patience.signal,
        ...options,
      });
      if (response.status === NO_CONTENT) return {};
      const answer = await response.json().catch(() => null);
      if (!response.ok) throw problem(response.status, answer);
      if (!isRecord(answer)) throw new ApiError("unavailable", "the answer is not JSON", 0);
      return answer;
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError("unavailable", "the web server does not answer", 0);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }
}

/** @param {unknown} error */
function isOutside(error) {
  return error instanceof ApiError && error.code === "unauthorized";
}

/** @param {object} body */
function post(body) {
  const headers = { "Content-Type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

/**
 * @param {number} status
 * @param {unknown} answer
 */
function problem(status, answer) {
  const members = isRecord(answer) ? answer : {};
  const { code, title, detail } = members;
  const words = String(detail || title || `the web server answered ${status}`);
  // without a code, a proxy answered in the server's place
  const known = typeof code === "string" ? code : "unavailable";
  return new ApiError(
    /** @type {import("../protocol/errors.js").ApiErrorCode} */ (known),
    words,
    status,
    members,
  );
}
