/** The state of a player as others see it (docs/protocol.md, "The state"); no I/O. */

/** Seconds by which a position may be off what one would expect before it counts as a change. */
const TOLERANCE = 0.25;

/**
 * @typedef {import("../playback/queue.js").QueueItem} QueueItem
 *
 * @typedef {object} Track
 * @property {string} id
 * @property {string} label
 * @property {string | null} language
 *
 * @typedef {object} Tracks
 * @property {string | null} active
 * @property {Track[]} tracks
 *
 * @typedef {object} StreamState how what is loaded reaches the player
 * @property {"direct" | "remux" | "transcode"} kind
 * @property {string} reason one of the codes in docs/protocol.md
 * @property {number | null} speed of the conversion: 1 is as fast as it plays
 * @property {string} [codec] that the reason is about
 *
 * @typedef {{ code: string, message: string, reason?: string }} Problem
 *
 * @typedef {object} Skipped an item of the queue that could not be played when its turn came
 * @property {string} source
 * @property {string} title
 * @property {Problem} error
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
 * @property {string | null} [artist]
 * @property {string | null} [album]
 * @property {"video" | "audio" | "image" | null} [kind]
 * @property {string | null} poster
 * @property {{ index: number | null, items: readonly QueueItem[] }} queue
 * @property {"off" | "one" | "all"} repeat
 * @property {boolean} shuffle
 * @property {Tracks & { size: number, delay: number }} subtitles `delay` in seconds
 * @property {Tracks} audio
 * @property {StreamState | null} [stream]
 * @property {import("./chapters.js").Chapter[]} [chapters] empty if it has none
 * @property {boolean} fullscreen
 * @property {number | null} sleep_at
 * @property {boolean} gesture_required
 * @property {Problem | null} error
 * @property {Skipped | null} [skipped] the last one since people chose what plays
 * @property {string[]} can
 */

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
