/** The sound tracks of the loaded medium: those of the file, or those of a stream. */

import { CallError } from "../../protocol/errors.js";
import { soundLabel } from "./sound-labels.js";
import { unknown } from "../subtitles/subtitles.js";

/**
 * @typedef {import("../delivery/medium-delivery.js").MediumDelivery} MediumDelivery
 * @typedef {import("../stream.js").Stream} Stream
 * @typedef {import("../../protocol/player-state.js").Tracks} Tracks
 * @typedef {{ id: string, label: string, language: string, enabled: boolean }} AudioTrack
 */

export class Sounds {
  #video;
  #stream;
  #delivery;
  #reopen;

  /**
   * @param {HTMLVideoElement} video
   * @param {Stream} stream
   * @param {MediumDelivery} delivery
   * @param {() => Promise<void>} reopen load the medium again at its position, as chosen now
   */
  constructor(video, stream, delivery, reopen) {
    this.#video = video;
    this.#stream = stream;
    this.#delivery = delivery;
    this.#reopen = reopen;
  }

  /** @returns {Tracks} */
  get state() {
    const { sounds: ofFile, sound: chosen } = this.#delivery;
    if (ofFile.length > 1) return { active: String(chosen), tracks: ofFile.map(trackOf) };
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

  /** The language of the present track, as the file names it; null if it does not. */
  get language() {
    const { sounds, sound } = this.#delivery;
    return sounds[sound]?.language || null;
  }

  /** Whether there is a choice. */
  get canChoose() {
    const listed = this.#delivery.sounds.length > 1;
    if (!listed) return this.state.tracks.length > 1;
    return this.#delivery.isConvertible || audioTracks(this.#video).length > 1;
  }

  /** Prepare the stream for another sound track, if the browser plays only the first one. */
  prepare() {
    const { addressOfSounds, sounds } = this.#delivery;
    this.#stream.prepare(audioTracks(this.#video).length === sounds.length ? "" : addressOfSounds);
  }

  /**
   * Choose the track with this id; resolve once it plays.
   * @param {string | null} id
   */
  async choose(id) {
    const { tracks } = this.state;
    if (!this.canChoose) {
      throw new CallError("not_supported", "there is one sound, and no choice");
    }
    if (id === null) throw new CallError("not_supported", "to hear no sound, mute");
    if (!tracks.some((track) => track.id === id)) throw unknown(id, tracks);
    if (this.#delivery.sounds.length > 1) await this.#hear(Number(id));
    else if (this.#stream.sounds.length) this.#stream.chooseSound(id);
    else this.#enable(Number(id));
  }

  /** @param {number} number */
  async #hear(number) {
    if (number === this.#delivery.sound) return;
    this.#delivery.sound = number;
    if (this.#stream.switchSound(number)) return;
    if (audioTracks(this.#video).length === this.#delivery.sounds.length) this.#enable(number);
    else if (this.#delivery.choose()) await this.#reopen();
  }

  /** @param {number} number */
  #enable(number) {
    audioTracks(this.#video).forEach((track, index) => (track.enabled = index === number));
  }
}

/**
 * @param {import("../../library/catalogue.js").Part} sound
 * @param {number} index
 */
function trackOf(sound, index) {
  const { language = null } = sound;
  return { id: String(index), label: soundLabel(sound, index), language };
}

/**
 * @param {HTMLVideoElement} video
 * @returns {AudioTrack[]} empty if the browser has no such list
 */
function audioTracks(video) {
  const { audioTracks: list } = /** @type {{ audioTracks?: ArrayLike<AudioTrack> }} */ (
    /** @type {unknown} */ (video)
  );
  return list ? Array.from(list) : [];
}
