/** The subtitles of the `<video>`: files beside the film, and those inside a stream. */

import { CallError } from "../protocol/errors.js";

/** Milliseconds after which subtitles that have not come are shown when they do. */
const PATIENCE = 4000;

/**
 * @typedef {import("../library/catalogue.js").SubtitleFile} SubtitleFile
 * @typedef {import("../protocol/player-state.js").Tracks} Tracks
 * @typedef {import("./stream.js").Stream} Stream
 */

export class Subtitles {
  #video;
  #stream;
  /** @type {Map<string, { file: SubtitleFile, element: HTMLTrackElement }>} */
  #files = new Map();
  /** @type {string | null} */
  #active = null;

  /**
   * @param {HTMLVideoElement} video
   * @param {Stream} stream
   */
  constructor(video, stream) {
    this.#video = video;
    this.#stream = stream;
  }

  /** @returns {Tracks} */
  get state() {
    const files = Array.from(this.#files.values(), ({ file: { id, label, language } }) => ({
      id,
      label,
      language,
    }));
    return { active: this.#active, tracks: [...files, ...this.#stream.subtitles] };
  }

  /**
   * Offer these files in place of those of an earlier film; none is shown. Pictures have no address
   * and are left out.
   * @param {readonly SubtitleFile[]} offered
   */
  offer(offered) {
    const files = offered.filter(({ url }) => url);
    this.#active = null;
    for (const { element } of Array.from(this.#files.values())) element.remove();
    this.#files = new Map(files.map((file) => [file.id, { file, element: trackOf(file) }]));
    for (const { element } of Array.from(this.#files.values())) {
      this.#video.append(element);
      element.track.mode = "disabled";
    }
  }

  /**
   * Show the track with this id, null for none; resolve once it is there to be shown.
   * @param {string | null} id
   */
  async show(id) {
    const { tracks } = this.state;
    if (id !== null && !tracks.some((track) => track.id === id)) throw unknown(id, tracks);
    this.#active = id;
    this.#stream.showSubtitles(id);
    for (const [other, { element }] of Array.from(this.#files)) {
      element.track.mode = other === id ? "showing" : "disabled";
    }
    const chosen = id === null ? undefined : this.#files.get(id);
    if (!chosen || (await loaded(chosen.element))) return;
    if (this.#active === id) this.#active = null;
    chosen.element.track.mode = "disabled";
    const words = `the subtitles ${chosen.file.label} cannot be read`;
    throw new CallError("media_error", words, "subtitles");
  }
}

/**
 * @param {SubtitleFile} file
 * @returns {HTMLTrackElement}
 */
function trackOf({ label, language, url }) {
  const element = document.createElement("track");
  element.kind = "subtitles";
  element.label = label;
  if (language) element.srclang = language;
  if (url) element.src = url;
  return element;
}

/**
 * Tell whether the file of a track could be read; it is given time to arrive.
 * @param {HTMLTrackElement} element
 * @returns {Promise<boolean>}
 */
function loaded(element) {
  if (element.readyState >= HTMLTrackElement.LOADED) {
    return Promise.resolve(element.readyState === HTMLTrackElement.LOADED);
  }
  return new Promise((resolve) => {
    element.addEventListener("load", () => resolve(true), { once: true });
    element.addEventListener("error", () => resolve(false), { once: true });
    setTimeout(() => resolve(true), PATIENCE);
  });
}

/**
 * @param {string} id
 * @param {readonly { id: string }[]} tracks
 */
export function unknown(id, tracks) {
  const ids = tracks.map((track) => track.id).join(", ");
  const known = ids ? `one of ${ids}, or null, is needed` : "there are none here, only null";
  return new CallError("invalid_argument", `track is ${JSON.stringify(id)}: ${known}`);
}
