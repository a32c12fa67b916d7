/** The state of a player as others see it (docs/protocol.md, "The state"); no I/O. */

/** Seconds by which a position may be off what one would expect before it counts as a change. */
const TOLERANCE = 0.25;

/**
 * @typedef {import("./media.js").MediaState} MediaState
 *
 * @typedef {object} Facts what the player is, beside its medium's state
 * @property {string} name
 * @property {string | null} title
 * @property {string | null} source
 * @property {boolean} fullscreen
 *
 * @typedef {object} Track
 * @property {string} id
 * @property {string} label
 * @property {string} language
 *
 * @typedef {object} PlayerState
 * @property {1} version
 * @property {number} seq
 * @property {string} name
 * @property {boolean} playing
 * @property {boolean} buffering
 * @property {boolean} ended
 * @property {number} position
 * @property {number} reported_at
 * @property {number | null} duration
 * @property {number} rate
 * @property {number} volume
 * @property {boolean} muted
 * @property {string | null} title
 * @property {string | null} source
 * @property {string | null} poster
 * @property {{ index: number | null, items: { id: string, title: string, source: string }[] }} queue
 * @property {"off" | "one" | "all"} repeat
 * @property {boolean} shuffle
 * @property {{ active: string | null, tracks: Track[] }} subtitles
 * @property {{ active: string | null, tracks: Track[] }} audio
 * @property {boolean} fullscreen
 * @property {number | null} sleep_at
 * @property {boolean} gesture_required
 * @property {{ code: string, message: string } | null} error
 * @property {string[]} can
 */

/**
 * Return the state that `media` and `facts` make.
 * @param {MediaState} media
 * @param {Facts} facts
 * @param {number} seq
 * @param {number} now Unix time in seconds
 * @returns {PlayerState}
 */
export function composeState(media, facts, seq, now) {
  return {
    version: 1,
    seq,
    name: facts.name,
    playing: media.playing,
    buffering: media.buffering,
    ended: media.ended,
    position: toMilliseconds(media.position),
    reported_at: toMilliseconds(now),
    duration: media.duration === null ? null : toMilliseconds(media.duration),
    rate: media.rate,
    volume: media.volume,
    muted: media.muted,
    title: facts.title,
    source: facts.source,
    poster: null,
    queue: { index: null, items: [] },
    repeat: "off",
    shuffle: false,
    subtitles: { active: null, tracks: [] },
    audio: { active: null, tracks: [] },
    fullscreen: facts.fullscreen,
    sleep_at: null,
    gesture_required: media.gestureRequired,
    error: media.error,
    can: capabilities(media),
  };
}

/**
 * Return the procedures that work with `media` as it is.
 * @param {MediaState} media
 */
export function capabilities({ loaded, seekable, volumeFixed }) {
  const can = ["status"];
  if (loaded) can.push("play", "pause", "toggle", "stop");
  if (!volumeFixed) can.push("volume", "volume/up", "volume/down");
  can.push("mute");
  if (loaded && seekable) can.push("seek", "seek/by");
  can.push("load", "message", "rename");
  return can;
}

/**
 * Tell whether `state` says more than `earlier` and the passing of time do.
 * @param {PlayerState | null} earlier
 * @param {PlayerState} state
 */
export function differs(earlier, state) {
  if (earlier === null) return true;
  const expected = positionAt(earlier, state.reported_at - earlier.reported_at);
  if (Math.abs(expected - state.position) > (state.playing ? TOLERANCE : 0.001)) return true;
  const { seq, position, reported_at } = earlier;
  return JSON.stringify({ ...state, seq, position, reported_at }) !== JSON.stringify(earlier);
}

/**
 * Return where the medium is `elapsed` seconds after `state` held.
 * @param {PlayerState} state
 * @param {number} elapsed
 */
export function positionAt({ playing, buffering, position, rate, duration }, elapsed) {
  if (!playing || buffering) return position;
  const reached = position + Math.max(0, elapsed) * rate;
  return duration === null ? reached : Math.min(reached, duration);
}

/** @param {number} seconds */
function toMilliseconds(seconds) {
  return Math.round(seconds * 1000) / 1000;
}
