/** The state of the `<video>`, or of the photo in its place, for other modules. */

import { errorState } from "./media-errors.js";

/**
 * @typedef {object} MediaState
 * @property {boolean} loaded a medium is loaded and can be played
 * @property {boolean} playing
 * @property {boolean} buffering it plays, but waits for data
 * @property {boolean} ended
 * @property {boolean} seekable
 * @property {number} position seconds
 * @property {number | null} duration seconds; null when unknown or endless
 * @property {number} rate
 * @property {number} volume 0 to 100
 * @property {boolean} muted
 * @property {boolean} volumeFixed only the device can set the volume
 * @property {boolean} gestureRequired the browser requires a click before it plays sound
 * @property {Tracks & { delay: number }} subtitles
 * @property {Tracks} audio
 * @property {boolean} audioChoice another sound track can be chosen
 * @property {StreamState | null} stream how the medium is delivered; null if none is loaded
 * @property {boolean} convertible it can be delivered in another way
 * @property {{ code: string, message: string, reason: string } | null} error
 *
 * @typedef {import("../protocol/player-state.js").StreamState} StreamState
 * @typedef {import("../protocol/player-state.js").Tracks} Tracks
 *
 * @typedef {object} Circumstances what the element does not know
 * @property {boolean} loaded a medium is loaded, or failed to load
 * @property {boolean} over it is over before its end
 * @property {boolean} starting it plays once it is loaded
 * @property {boolean} awaiting it plays on after its end once its file has grown
 * @property {import("../protocol/errors.js").CallError | null} failure what is wrong with the medium
 * @property {boolean} gestureRequired
 * @property {import("./sounds/volume.js").Volume} volume
 * @property {Tracks & { delay: number }} subtitles
 * @property {Tracks} audio
 * @property {boolean} audioChoice
 * @property {{ position: number, duration: number | null } | null} held its position while it is
 *   loaded again
 * @property {number | null} longer seconds of a file that has grown since it was opened
 * @property {import("./delivery/decision.js").Delivery | null} way how it is delivered
 * @property {number | null} speed of its conversion
 * @property {boolean} convertible
 */

/**
 * Return the present state.
 * @param {import("./display/slide.js").Screen} video
 * @param {Circumstances} circumstances
 * @returns {MediaState}
 */
export function describe(video, { loaded, starting, failure, volume, held, ...more }) {
  const playing = starting || more.awaiting || (!video.paused && !video.ended);
  const opened = held ? held.duration : Number.isFinite(video.duration) ? video.duration : null;
  return {
    loaded: loaded && !failure,
    playing,
    buffering: playing && video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA,
    ended: (video.ended || more.over) && !more.awaiting,
    seekable: held !== null || (video.seekable.length > 0 && Number.isFinite(video.duration)),
    position: held ? held.position : video.currentTime,
    duration: opened === null ? null : Math.max(opened, more.longer ?? 0),
    rate: video.playbackRate,
    volume: volume.level,
    muted: volume.muted,
    volumeFixed: volume.fixed,
    gestureRequired: more.gestureRequired,
    subtitles: more.subtitles,
    audio: more.audio,
    audioChoice: more.audioChoice,
    stream: more.way && streamState(more.way, more.speed),
    convertible: more.convertible,
    error: failure && errorState(failure),
  };
}

/**
 * @param {import("./delivery/decision.js").Delivery} way
 * @param {number | null} speed
 * @returns {StreamState}
 */
function streamState({ kind, reason, codec }, speed) {
  return { kind, reason, speed, ...(codec ? { codec } : {}) };
}
