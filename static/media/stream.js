/** Streams in parts (HLS): hls.js, which is loaded when the first one is played. */

import { flawOfAnswer } from "./problems.js";
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
/** A server that refuses a stream says why; it would say it again. */
const MASTER = { ...PARTS, maxTimeToFirstByteMs: 20000, errorRetry: null };
/** Seconds that are kept of what was played: a film of hours does not fit into a television. */
const KEPT = 60;
/** What changes the tracks that a stream has, in the words of hls.js. */
const TRACK_EVENTS = [
  "hlsSubtitleTracksUpdated",
  "hlsSubtitleTrackSwitch",
  "hlsAudioTracksUpdated",
  "hlsAudioTrackSwitched",
];
/** The header with which the server tells how fast it converts. */
const SPEED = "Zapette-Speed";
/** How the server names the sounds of the streams that it makes: by their number in the file. */
const SOUND = /\/audio-(\d+)\.m3u8(?:[?#]|$)/;

/**
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").default} Hls
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").ErrorData} ErrorData
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").MediaPlaylist} MediaPlaylist
 * @typedef {import("../protocol/player-state.js").Track} Track
 *
 * @typedef {object} Beginning where and how a stream begins
 * @property {number} [position] seconds
 * @property {number} [sound] number of the sound track, of a stream that the server makes
 */

export class Stream {
  #video;
  /** @type {Hls | null} */
  #hls = null;
  /** the stream that was made ready */
  #prepared = "";
  /** counts what was opened, so that what comes late is thrown away */
  #openings = 0;
  /** @type {Signal<import("./flaws.js").Flaw>} why it cannot be played, or not any further */
  failed = new Signal();
  /** @type {Signal<void>} its tracks are others, or it is converted fast enough, or no longer */
  changed = new Signal();
  /** how fast the server converts it, 1 as fast as it plays; null while it does not say @type {number | null} */
  speed = null;
  /** @type {Signal<import("./link.js").Transfer>} a part has come */
  fetched = new Signal();
  /** @type {Signal<void>} it has more cues of its subtitles */
  cuesRead = new Signal();

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
  }

  /**
   * Have hls.js at hand, and let the server read the medium, because the stream at `url` may be
   * wanted next; nothing is converted yet.
   * @param {string} url empty if none is wanted
   */
  prepare(url) {
    if (url === this.#prepared) return;
    this.#prepared = url;
    if (!url) return;
    // What is missing is told when it is needed.
    load().catch(() => {});
    fetch(url)
      .then((answer) => answer.text())
      .catch(() => {});
  }

  /**
   * Begin to load the stream at `url` into the `<video>`; what goes wrong is told by `failed`.
   * @param {string} url
   * @param {Beginning} [beginning]
   */
  async open(url, beginning = {}) {
    const opening = ++this.#openings;
    const { position = 0, sound } = beginning;
    // The server makes what is played first while the playlists are still on their way.
    if (sound !== undefined) url += `&at=${position.toFixed(3)}&sound=${sound}`;
    try {
      const { default: Library } = await load();
      if (opening !== this.#openings) return;
      if (Library.isSupported()) this.#attach(new Library(options(beginning)), url, beginning);
      else if (this.#video.canPlayType(APPLE)) await this.#openItself(url, opening);
      else this.#fail("stream", "this browser does not play HLS streams");
    } catch {
      if (opening === this.#openings) this.#fail("network", `${LIBRARY} could not be loaded`);
    }
  }

  /**
   * Leave the stream to a browser that plays such; it does not say why a server refuses one.
   *
   * @param {string} url
   * @param {number} opening
   */
  async #openItself(url, opening) {
    const answer = await fetch(url);
    const body = answer.ok ? "" : await answer.text();
    if (opening !== this.#openings) return;
    if (answer.ok) this.#video.src = url;
    else this.failed.emit(flawOfAnswer(answer.status, body));
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
    this.speed = null;
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
   * Let a sound track of a stream that the server makes be heard, without a pause in the picture.
   * @param {number} number of the track in the file
   * @returns {boolean} whether the stream has it
   */
  switchSound(number) {
    const index = this.#hls ? indexOfSound(this.#hls, number) : -1;
    if (this.#hls && index >= 0) this.#hls.audioTrack = index;
    return index >= 0;
  }

  /**
   * @param {Hls} hls
   * @param {string} url
   * @param {Beginning} beginning
   */
  #attach(hls, url, { sound }) {
    this.#hls = hls;
    let recovered = false;
    hls.subtitleDisplay = false;
    if (sound !== undefined) this.#beginWith(hls, sound);
    for (const event of TRACK_EVENTS) hls.on(event, () => this.changed.emit());
    hls.on("hlsFragLoaded", (_, { frag, networkDetails }) => {
      const { loaded, loading } = frag.stats;
      this.fetched.emit({ bits: loaded * 8, seconds: (loading.end - loading.first) / 1000 });
      const told = networkDetails?.getResponseHeader?.(SPEED);
      if (told && this.#hls === hls) this.#noteSpeed(Number(told));
    });
    hls.on("hlsSubtitleFragProcessed", () => this.cuesRead.emit());
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

  /**
   * Choose the sound as soon as there is a choice, before any of it is loaded.
   *
   * @param {Hls} hls
   * @param {number} sound
   */
  #beginWith(hls, sound) {
    let chosen = false;
    hls.on("hlsAudioTracksUpdated", () => {
      const index = indexOfSound(hls, sound);
      if (chosen || index < 0) return;
      chosen = true;
      hls.audioTrack = index;
    });
  }

  /**
   * What others see changes only when the conversion becomes fast or slow: a part comes each second.
   *
   * @param {number} speed
   */
  #noteSpeed(speed) {
    if (!Number.isFinite(speed)) return;
    const before = this.speed;
    this.speed = Math.round(speed * 10) / 10;
    if (before === null || before < 1 !== this.speed < 1) this.changed.emit();
  }
}

function load() {
  return import("../node_modules/hls.js/dist/hls.min.mjs");
}

/**
 * @param {Beginning} beginning
 * @returns {import("../node_modules/hls.js/dist/hls.min.mjs").Config}
 */
function options({ position = 0, sound }) {
  return {
    // The server's own parts are MP4, with which it would have nothing to do.
    enableWorker: sound === undefined,
    startFragPrefetch: true,
    // A worker of our own origin, because the policy of the page allows none made from a blob.
    workerPath: new URL(WORKER, import.meta.url).href,
    startPosition: position > 0 ? position : -1,
    backBufferLength: KEPT,
    fragLoadPolicy: { default: PARTS },
    manifestLoadPolicy: { default: MASTER },
  };
}

/**
 * @param {Hls} hls
 * @param {number} number
 */
function indexOfSound({ audioTracks }, number) {
  return audioTracks.findIndex(({ url }) => url && Number(SOUND.exec(url)?.[1] ?? -1) === number);
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
function flawOf({ type, details, response, networkDetails }) {
  if (response && response.code >= 400)
    return flawOfAnswer(response.code, networkDetails ? networkDetails.response : "");
  if (type === "networkError")
    return { reason: "network", words: "the network failed while it was loading" };
  const words = `it is damaged, or in a format that this browser cannot decode (${details})`;
  return { reason: "damaged", words };
}
