/** The sound tracks of the `<video>`, where there is a choice: of a stream, or in Safari. */

import { CallError } from "../protocol/errors.js";
import { unknown } from "./subtitles.js";

/**
 * @typedef {import("./stream.js").Stream} Stream
 * @typedef {import("../protocol/player-state.js").Tracks} Tracks
 * @typedef {{ id: string, label: string, language: string, enabled: boolean }} AudioTrack
 */

export class Sounds {
  #video;
  #stream;

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
    const { sounds, sound } = this.#stream;
    if (sounds.length) return { active: sound, tracks: sounds };
    const tracks = audioTracks(this.#video);
    if (tracks.length < 2) return { active: null, tracks: [] };
    const active = tracks.findIndex(({ enabled }) => enabled);
    return {
      active: active < 0 ? null : String(active),
      tracks: tracks.map(({ label, language }, index) => ({
        id: String(index),
        label: label || language || String(index + 1),
        language: language || null,
      })),
    };
  }

  /**
   * Let the track with this id be heard.
   * @param {string | null} id
   */
  choose(id) {
    const { tracks } = this.state;
    if (!tracks.length) throw new CallError("not_supported", "there is one sound, and no choice");
    if (id === null) throw new CallError("not_supported", "to hear no sound, mute");
    if (!tracks.some((track) => track.id === id)) throw unknown(id, tracks);
    if (this.#stream.sounds.length) this.#stream.chooseSound(id);
    else audioTracks(this.#video).forEach((track, index) => (track.enabled = String(index) === id));
  }
}

/**
 * @param {HTMLVideoElement} video
 * @returns {AudioTrack[]} empty where the browser has no such list
 */
function audioTracks(video) {
  const { audioTracks: list } = /** @type {{ audioTracks?: ArrayLike<AudioTrack> }} */ (
    /** @type {unknown} */ (video)
  );
  return list ? Array.from(list) : [];
}
