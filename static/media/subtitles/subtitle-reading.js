/** Fetches subtitles; those inside a long film in parts until the server has read the film. */

/** Milliseconds until the next request, if the server does not say. */
const SOON = 2000;
/** Milliseconds until the next request after a failure. */
const LATER = 5000;

/**
 * @typedef {object} Subtitle
 * @property {string} text
 * @property {number} fonts the number of fonts in the film
 *
 * @typedef {object} Answer
 * @property {Subtitle | null} subtitle null while the server reads
 * @property {string | null} part the part of the film that the subtitles cover; null for all
 * @property {number} wait milliseconds until the next request
 */

export class SubtitleReading {
  #url;
  #position;
  #show;
  #aborted = new AbortController();

  /**
   * @param {string} url
   * @param {() => number} position of the film, in seconds
   * @param {(subtitle: Subtitle) => unknown} show called with the subtitles, again with more
   */
  constructor(url, position, show) {
    this.#url = url;
    this.#position = position;
    this.#show = show;
  }

  /**
   * Fetch all; resolve once the first ones are shown.
   *
   * Reject with an Error if they cannot be read.
   */
  async start() {
    for (;;) {
      const answer = await this.#ask();
      if (this.#aborted.signal.aborted) return;
      if (answer.subtitle) {
        await this.#show(answer.subtitle);
        if (answer.part !== null) void this.#complete(answer.part);
        return;
      }
      await this.#sleep(answer.wait);
    }
  }

  /** Stop fetching. */
  stop() {
    this.#aborted.abort();
  }

  /**
   * Fetch and show further parts until all are shown.
   * @param {string | null} part the part that is shown
   */
  async #complete(part) {
    let wait = SOON;
    while (part !== null) {
      await this.#sleep(wait);
      if (this.#aborted.signal.aborted) return;
      try {
        const answer = await this.#ask();
        wait = answer.wait;
        if (!answer.subtitle || answer.part === part) continue;
        await this.#show(answer.subtitle);
        part = answer.part;
      } catch {
        // keep what is shown; the server may be restarting
        wait = LATER;
      }
    }
  }

  /** @returns {Promise<Answer>} */
  async #ask() {
    const url = new URL(this.#url, document.baseURI);
    url.searchParams.set("at", String(Math.floor(this.#position())));
    const { signal } = this.#aborted;
    try {
      return await answerOf(await fetch(url.href, { signal }));
    } catch (error) {
      if (signal.aborted) return { subtitle: null, part: null, wait: 0 };
      throw error;
    }
  }

  /** @param {number} milliseconds */
  #sleep(milliseconds) {
    const { signal } = this.#aborted;
    return new Promise((resolve) => {
      if (signal.aborted) resolve(undefined);
      setTimeout(resolve, milliseconds);
      signal.addEventListener("abort", resolve, { once: true });
    });
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
async function answerOf(response) {
  const { headers } = response;
  const seconds = Number(headers.get("Retry-After"));
  const wait = seconds > 0 ? seconds * 1000 : SOON;
  if (response.status === 503) return { subtitle: null, part: null, wait };
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const text = await response.text();
  const subtitle = { text, fonts: Number(headers.get("Zapette-Fonts")) || 0 };
  return { subtitle, part: headers.get("Zapette-Part"), wait };
}
