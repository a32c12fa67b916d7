/** What this browser says that it plays. */

import { decodedType } from "./codecs.js";

/** Types of streams that hls.js plays, whatever the browser itself says. */
const STREAMS = /^application\/(?:vnd\.apple\.mpegurl|x-mpegurl)\b/i;
/** Containers that browsers open with the reader of another one, though they do not admit it. */
const RELATED = new Map([
  ["video/x-matroska", "video/webm"],
  ["audio/x-matroska", "video/webm"],
  ["video/quicktime", "video/mp4"],
  ["video/x-m4v", "video/mp4"],
  ["video/3gpp", "video/mp4"],
]);
/** What a film is taken to be like where the library does not say. */
const USUAL = { width: 1280, height: 720, bitrate: 4_000_000, framerate: 25 };

/**
 * @typedef {import("../library/catalogue.js").About} About
 */

export class Abilities {
  #video;
  /** @type {Set<string>} containers that it did not open after all */
  #unopened = new Set();

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
  }

  /**
   * Whether it says that it plays media of this type, from a file or an address.
   * @param {string} type
   */
  plays(type) {
    return STREAMS.test(type) || this.#video.canPlayType(type) !== "";
  }

  /**
   * Whether it opens a container, as far as is known before it is tried.
   * @param {string} container
   */
  opens(container) {
    if (this.#unopened.has(container)) return false;
    return this.plays(container) || this.plays(RELATED.get(container) || container);
  }

  /**
   * Keep in mind that it does not open a container: of those it did not admit to open.
   * @param {string} container
   */
  failed(container) {
    if (!this.plays(container)) this.#unopened.add(container);
  }

  /**
   * Whether it plays tracks of this type in parts.
   * @param {string} type
   */
  streams(type) {
    return "MediaSource" in window && MediaSource.isTypeSupported(type);
  }

  /**
   * Tell whether it decodes the picture of a medium fast enough; true where it does not say.
   * @param {About | null} about
   */
  async smooth(about) {
    const picture = about?.tracks.find(({ kind }) => kind === "video");
    const contentType = picture && decodedType(picture, (type) => this.plays(type));
    if (!about || !contentType || !("mediaCapabilities" in navigator)) return true;
    const { width, height, size, duration } = about;
    const bitrate = size && duration ? Math.round((size * 8) / duration) : USUAL.bitrate;
    try {
      const { supported, smooth } = await navigator.mediaCapabilities.decodingInfo({
        type: "file",
        video: {
          ...USUAL,
          contentType,
          width: width || USUAL.width,
          height: height || USUAL.height,
          bitrate,
        },
      });
      // It has said that it decodes it.
      return smooth || !supported;
    } catch {
      return true;
    }
  }
}
