/** Streams in parts (HLS): hls.js, which is loaded when the first one is played. */

import { Signal } from "../events/signal.js";

const LIBRARY = "../node_modules/hls.js/dist/hls.min.mjs";
const WORKER = "../node_modules/hls.js/dist/hls.worker.js";
const APPLE = "application/vnd.apple.mpegurl";
/** How patient one is with a part, in milliseconds: people wait to be told what is wrong. */
const PARTS = {
  maxTimeToFirstByteMs: 8000,
  maxLoadTimeMs: 60000,
  timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
  errorRetry: { maxNumRetry: 2, retryDelayMs: 500, maxRetryDelayMs: 2000 },
};
/** What changes the tracks that a stream has, in the words of hls.js. */
const TRACK_EVENTS = [
  "hlsSubtitleTracksUpdated",
  "hlsSubtitleTrackSwitch",
  "hlsAudioTracksUpdated",
  "hlsAudioTrackSwitched",
];

/**
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").default} Hls
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").ErrorData} ErrorData
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").MediaPlaylist} MediaPlaylist
 * @typedef {import("../protocol/player-state.js").Track} Track
 */

export class Stream {
  #video;
  /** @type {Hls | null} */
  #hls = null;
  /** counts what was opened, so that what comes late is thrown away */
  #openings = 0;
  /** @type {Signal<import("./flaws.js").Flaw>} why it cannot be played, or not any further */
  failed = new Signal();
  /** @type {Signal<void>} its tracks are others */
  changed = new Signal();

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
  }

  /**
   * Begin to load the stream at `url` into the `<video>`; what goes wrong is told by `failed`.
   * @param {string} url
   */
  async open(url) {
    const opening = ++this.#openings;
    try {
      const { default: Library } = await import("../node_modules/hls.js/dist/hls.min.mjs");
      if (opening !== this.#openings) return;
      if (Library.isSupported()) this.#attach(new Library(options()), url);
      else if (this.#video.canPlayType(APPLE)) this.#video.src = url;
      else this.#fail("stream", "this browser does not play HLS streams");
    } catch {
      if (opening === this.#openings) this.#fail("network", `${LIBRARY} could not be loaded`);
    }
  }

  /**
   * @param {import("../protocol/errors.js").MediaReason} reason
   * @param {string} words
   */
  #fail(reason, words) {
    this.failed.emit({ reason, words });
  }

  /** Let the `<video>` go. */
  close() {
    this.#openings += 1;
    this.#hls?.destroy();
    this.#hls = null;
  }

  /** @returns {Track[]} the subtitles inside the stream */
  get subtitles() {
    return this.#hls ? this.#hls.subtitleTracks.map(trackOf("stream-")) : [];
  }

  /**
   * Show the subtitles with this id; none, if they are not the stream's.
   * @param {string | null} id
   */
  showSubtitles(id) {
    if (!this.#hls) return;
    const index = this.subtitles.findIndex((track) => track.id === id);
    this.#hls.subtitleDisplay = index >= 0;
    this.#hls.subtitleTrack = index;
  }

  /** @returns {Track[]} the sounds of which one is heard; empty if there is no choice */
  get sounds() {
    const sounds = this.#hls?.audioTracks ?? [];
    return sounds.length > 1 ? sounds.map(trackOf("")) : [];
  }

  /** The id of the sound that is heard; null if there is no choice. */
  get sound() {
    return this.#hls && this.sounds.length ? String(this.#hls.audioTrack) : null;
  }

  /** @param {string} id of one of `sounds` */
  chooseSound(id) {
    if (this.#hls) this.#hls.audioTrack = Number(id);
  }

  /**
   * @param {Hls} hls
   * @param {string} url
   */
  #attach(hls, url) {
    this.#hls = hls;
    let recovered = false;
    hls.subtitleDisplay = false;
    for (const event of TRACK_EVENTS) hls.on(event, () => this.changed.emit());
    hls.on("hlsError", (_, data) => {
      if (!data.fatal || this.#hls !== hls) return;
      if (data.type === "mediaError" && !recovered) {
        recovered = true;
        hls.recoverMediaError();
      } else {
        this.failed.emit(flawOf(data));
      }
    });
    // Not as a relative address: hls.js runs parts of itself elsewhere.
    hls.loadSource(new URL(url, document.baseURI).href);
    hls.attachMedia(this.#video);
  }
}

function options() {
  return {
    // A worker of our own origin, because the policy of the page allows none made from a blob.
    workerPath: new URL(WORKER, import.meta.url).href,
    fragLoadPolicy: { default: PARTS },
  };
}

/** @param {string} prefix of the ids */
function trackOf(prefix) {
  return (/** @type {MediaPlaylist} */ { name, lang }, /** @type {number} */ index) => ({
    id: `${prefix}${index}`,
    label: name || lang || String(index + 1),
    language: lang || null,
  });
}

/**
 * @param {ErrorData} data
 * @returns {import("./flaws.js").Flaw}
 */
function flawOf({ type, details, response }) {
  if (response && response.code >= 400)
    return { reason: "network", words: `the server answered ${response.code} to a part of it` };
  if (type === "networkError")
    return { reason: "network", words: "the network failed while it was loading" };
  const words = `it is damaged, or in a format that this browser cannot decode (${details})`;
  return { reason: "damaged", words };
}
