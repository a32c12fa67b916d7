/** HLS streams, played by hls.js, which is loaded with the first one. */

import { flawOfAnswer } from "./delivery/answer-errors.js";
import { importLate } from "../events/late-import.js";
import { loaderUntilEnd } from "./part-loader.js";
import { Signal } from "../events/signal.js";
import { flawOf, isBusy } from "./stream-errors.js";

const LIBRARY = "../node_modules/hls.js/dist/hls.min.mjs";
const WORKER = "../node_modules/hls.js/dist/hls.worker.js";
const APPLE = "application/vnd.apple.mpegurl";
/** Time-outs and retries for a part, in milliseconds: an error must not be shown too late. */
const PARTS = {
  maxTimeToFirstByteMs: 8000,
  maxLoadTimeMs: 60000,
  timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
  errorRetry: { maxNumRetry: 2, retryDelayMs: 500, maxRetryDelayMs: 2000 },
};
/** No retry after an error: a server that refuses a stream would refuse it again. */
const MASTER = { ...PARTS, maxTimeToFirstByteMs: 20000, errorRetry: null };
/** Milliseconds after which a server that reads other films is asked again, and how often. */
const BUSY = { pause: 1000, most: 15 };
/** Seconds of played film to keep in memory, which is small on a television. */
const KEPT = 60;
/** What is fetched before the picture is there, since more would delay it: seconds and bytes. */
const FIRST = { maxBufferLength: 4, maxBufferSize: 0 };
/** What is fetched ahead of the picture. */
const AHEAD = { maxBufferLength: 30, maxBufferSize: 60e6 };
/** The events of hls.js after which the tracks may have changed. */
const TRACK_EVENTS = [
  "hlsSubtitleTracksUpdated",
  "hlsSubtitleTrackSwitch",
  "hlsAudioTracksUpdated",
  "hlsAudioTrackSwitched",
];
/** The header with the speed of the server's conversion. */
const SPEED = "Zapette-Speed";
/** The sound tracks in the server's own streams, named by their number in the file. */
const SOUND = /\/audio-(\d+)\.m3u8(?:[?#]|$)/;

/**
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").default} Hls
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").MediaPlaylist} MediaPlaylist
 * @typedef {import("../protocol/player-state.js").Track} Track
 *
 * @typedef {object} Beginning where a stream starts
 * @property {number} [position] seconds
 * @property {number} [sound] number of the sound track, for the server's own streams
 */

export class Stream {
  #video;
  /** @type {Hls | null} */
  #hls = null;
  /** the address of the prepared stream */
  #prepared = "";
  /** the address of the open stream */
  #address = "";
  /** the number of openings, to ignore the results of earlier ones */
  #openings = 0;
  /** @type {Signal<import("./media-errors.js").Flaw>} why it cannot be played, or cannot continue */
  failed = new Signal();
  /** @type {Signal<void>} its tracks have changed, or whether it is converted fast enough */
  changed = new Signal();
  /** speed of the conversion, 1 for as fast as it plays; null if unknown @type {number | null} */
  speed = null;
  /** where its file is cut off, and the last part before begins, in seconds; null if not known
   * @type {{ at: number, last: number } | null} */
  cut = null;
  /** @type {Signal<void>} `cut` is known */
  cutFound = new Signal();
  /** @type {Signal<import("./delivery/link-speed.js").Transfer>} a part has been fetched */
  fetched = new Signal();
  /** @type {Signal<void>} more cues of its subtitles were read */
  cuesRead = new Signal();

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    for (const [type, ahead] of Object.entries({ seeking: FIRST, seeked: AHEAD, canplay: AHEAD })) {
      video.addEventListener(type, () => this.#hls && Object.assign(this.#hls.config, ahead));
    }
  }

  /**
   * Load hls.js, and let the server read the medium of a stream that may be opened next; nothing is
   * converted yet.
   * @param {string} url empty for none
   */
  prepare(url) {
    if (url === this.#prepared) return;
    this.#prepared = url;
    if (!url) return;
    // errors are reported by `open`
    load().catch(() => {});
    fetch(url)
      .then((answer) => answer.text())
      .catch(() => {});
  }

  /**
   * Start to load the stream at `url` into the `<video>`; `failed` reports errors.
   * @param {string} url
   * @param {Beginning} [beginning]
   */
  async open(url, beginning = {}) {
    const opening = ++this.#openings;
    this.#address = url;
    // the server makes the first parts while the playlists are being fetched
    if (beginning.sound !== undefined) url = begun(url, beginning);
    try {
      const { default: Library } = await load();
      if (opening !== this.#openings) return;
      if (Library.isSupported()) {
        const fLoader = loaderUntilEnd(Library.DefaultConfig.loader, (part) => this.#end(part));
        this.#attach(new Library({ ...options(beginning), fLoader }), url, beginning);
      } else if (this.#video.canPlayType(APPLE)) await this.#openItself(url, opening);
      else this.#fail("stream", "this browser does not play HLS streams");
    } catch {
      if (opening === this.#openings) this.#fail("network", `${LIBRARY} could not be loaded`);
    }
  }

  /**
   * Leave the stream to a browser with HLS, which does not report why a server refuses one.
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

  /** Release the `<video>`. */
  close() {
    this.#openings += 1;
    this.#hls?.destroy();
    this.#hls = null;
    this.speed = null;
    this.cut = null;
  }

  /** Whether hls.js plays one. */
  get isOpen() {
    return this.#hls !== null;
  }

  /** @returns {Track[]} the subtitles inside the stream */
  get subtitles() {
    return this.#hls ? this.#hls.subtitleTracks.map(trackOf("stream-")) : [];
  }

  /**
   * Show the subtitles with this id; none if they are not in the stream.
   * @param {string | null} id
   */
  showSubtitles(id) {
    if (!this.#hls) return;
    const index = this.subtitles.findIndex((track) => track.id === id);
    this.#hls.subtitleDisplay = index >= 0;
    this.#hls.subtitleTrack = index;
  }

  /** @returns {Track[]} the sound tracks; empty if there is no choice */
  get sounds() {
    const sounds = this.#hls?.audioTracks ?? [];
    return sounds.length > 1 ? sounds.map(trackOf("")) : [];
  }

  /** The id of the present sound track; null if there is no choice. */
  get sound() {
    return this.#hls && this.sounds.length ? String(this.#hls.audioTrack) : null;
  }

  /** @param {string} id of one of `sounds` */
  chooseSound(id) {
    if (this.#hls) this.#hls.audioTrack = Number(id);
  }

  /**
   * Choose a sound track of one of the server's own streams, without interrupting the picture.
   * @param {number} number of the track in the file
   * @returns {boolean} whether the stream has it
   */
  switchSound(number) {
    const index = this.#hls ? indexOfSound(this.#hls, number) : -1;
    if (this.#hls && index >= 0) {
      this.#hls.audioTrack = index;
      // the server makes it while its playlist is being fetched
      const place = { position: this.#video.currentTime, sound: number };
      fetch(begun(this.#address, place)).catch(() => {});
    }
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
    let left = BUSY.most;
    // an absolute address, because hls.js partly runs in a worker
    const address = new URL(url, document.baseURI).href;
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
      } else if (isBusy(data) && left > 0) {
        left -= 1;
        setTimeout(() => this.#hls === hls && hls.loadSource(address), BUSY.pause);
      } else {
        this.failed.emit(flawOf(data));
      }
    });
    hls.loadSource(address);
    hls.attachMedia(this.#video);
  }

  /** @param {import("./part-loader.js").Fragment} part the first one that the file does not have */
  #end({ start }) {
    const parts = this.#hls?.latestLevelDetails?.fragments ?? [];
    const before = parts.filter((part) => part.start < start);
    const last = before.length ? before[before.length - 1].start : 0;
    if (!this.cut || start < this.cut.at) this.cut = { at: start, last };
    this.cutFound.emit();
  }

  /**
   * Choose the sound track as soon as there is a choice, before any of it is loaded.
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
   * Emit `changed` only if the conversion becomes fast or slow, not for the part of each second.
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

/**
 * Return the address of a stream that begins at a place.
 * @param {string} url
 * @param {Beginning} beginning
 */
function begun(url, { position = 0, sound }) {
  return `${url}&at=${position.toFixed(3)}&sound=${sound}`;
}

function load() {
  const address = new URL(LIBRARY, import.meta.url).href;
  return importLate(() => import("../node_modules/hls.js/dist/hls.min.mjs"), address);
}

/**
 * @param {Beginning} beginning
 * @returns {import("../node_modules/hls.js/dist/hls.min.mjs").Config}
 */
function options({ position = 0, sound }) {
  return {
    // the server's own parts are MP4, for which the worker has nothing to do
    enableWorker: sound === undefined,
    startFragPrefetch: true,
    ...FIRST,
    // a worker from our origin, because the page's policy allows none made from a blob
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
