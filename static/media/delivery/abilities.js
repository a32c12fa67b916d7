/** The media types that this browser reports as playable. */

import { decodedType } from "./codecs.js";

/** The types of streams that hls.js plays in every browser. */
const STREAMS = /^application\/(?:vnd\.apple\.mpegurl|x-mpegurl)\b/i;
/** Containers that browsers do not report, but open with the reader of another one. */
const RELATED = new Map([
  ["video/x-matroska", "video/webm"],
  ["audio/x-matroska", "video/webm"],
  ["video/quicktime", "video/mp4"],
  ["video/x-m4v", "video/mp4"],
  ["video/3gpp", "video/mp4"],
]);
/** The assumptions about a film where the library has no value. */
const USUAL = { width: 1280, height: 720, bitrate: 4_000_000, framerate: 25 };

/**
 * @typedef {import("../../library/catalogue.js").About} About
 */

export class Abilities {
  #video;
  /** @type {Set<string>} containers that it failed to open */
  #unopened = new Set();

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
  }

  /**
   * Whether it reports media of this type as playable, from a file or an address.
   * @param {string} type
   */
  plays(type) {
    return STREAMS.test(type) || this.#video.canPlayType(type) !== "";
  }

  /**
   * Whether it is expected to open a container.
   * @param {string} container
   */
  opens(container) {
    if (this.#unopened.has(container)) return false;
    return this.plays(container) || this.plays(RELATED.get(container) || container);
  }

  /**
   * Note that it failed to open a container that it does not report.
   * @param {string} container
   */
  failed(container) {
    if (!this.plays(container)) this.#unopened.add(container);
  }

  /**
   * Whether it plays tracks of this type with Media Source Extensions.
   * @param {string} type
   */
  streams(type) {
    // iPhones have the managed one only, and hls.js takes it wherever it is
    const { ManagedMediaSource, MediaSource } = /** @type {any} */ (window);
    return Boolean((ManagedMediaSource ?? MediaSource)?.isTypeSupported(type));
  }

  /**
   * Return whether it decodes the picture of a medium fast enough; true if unknown.
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
      // it reported that it decodes it
      return smooth || !supported;
    } catch {
      return true;
    }
  }
}
