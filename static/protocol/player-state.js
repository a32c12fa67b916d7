/** The state that a player publishes (docs/protocol.md, "The state"); no I/O. */

/** Seconds by which a position may differ from the expected one before it counts as a change. */
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
 * @typedef {object} StreamState how the loaded medium is delivered
 * @property {"direct" | "remux" | "transcode"} kind
 * @property {string} reason one of the codes in docs/protocol.md
 * @property {number | null} speed of the conversion: 1 is as fast as it plays
 * @property {string} [codec] that the reason is about
 *
 * @typedef {{ code: string, message: string, reason?: string }} Problem
 *
 * @typedef {object} Skipped an item of the queue that could not be played
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
 * @property {Skipped | null} [skipped] the last one since somebody chose an item
 * @property {string[]} can
 */

/**
 * Return whether `state` differs from `earlier` by more than the time that has passed.
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
 * Return the position `elapsed` seconds after `state`.
 * @param {PlayerState} state
 * @param {number} elapsed
 */
export function positionAt({ playing, buffering, position, rate, duration }, elapsed) {
  if (!playing || buffering) return position;
  const reached = position + Math.max(0, elapsed) * rate;
  return duration === null ? reached : Math.min(reached, duration);
}
