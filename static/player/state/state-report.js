/** The state that a player reports, with the procedures that work now; no I/O. */

import { PROCEDURES } from "../../protocol/procedures.js";
import { bounded } from "../../protocol/chapters.js";
import { behind, following, indexOf } from "../../playback/queue.js";

/**
 * @typedef {import("../../media/media-state.js").MediaState} MediaState
 * @typedef {import("../../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {import("../../playback/queue.js").Queue} Queue
 * @typedef {import("../../playback/queue.js").QueueItem} QueueItem
 *
 * @typedef {object} Facts the player's state apart from its medium's
 * @property {string} name
 * @property {QueueItem | null} current the loaded item
 * @property {Queue} queue
 * @property {import("../../protocol/player-state.js").Skipped | null} skipped
 * @property {boolean} fullscreen
 * @property {boolean} fullscreenAvailable
 * @property {number | null} sleepAt Unix time in seconds
 * @property {number} subtitleSize percent
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
  const { current, queue } = facts;
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
    title: current?.title ?? null,
    source: current?.source ?? null,
    artist: current?.artist || null,
    album: current?.album || null,
    kind: current?.kind || null,
    poster: current?.poster ?? null,
    queue: { index: indexOf(queue), items: queue.items.map(itemOf) },
    repeat: queue.repeat,
    shuffle: queue.unshuffled !== null,
    subtitles: { ...media.subtitles, size: facts.subtitleSize },
    audio: media.audio,
    stream: media.stream,
    chapters: bounded(current?.chapters),
    fullscreen: facts.fullscreen,
    sleep_at: facts.sleepAt === null ? null : toMilliseconds(facts.sleepAt),
    gesture_required: media.gestureRequired,
    error: media.error,
    skipped: facts.skipped,
    can: capabilities(media, facts),
  };
}

/**
 * Return an item for the state.
 * @param {QueueItem} item
 */
function itemOf({ id, title, source, poster, duration, added_by }) {
  return { id, title, source, poster, duration, ...(added_by ? { added_by } : {}) };
}

/**
 * Return the procedures that work in the present state of `media` and the queue.
 * @param {MediaState} media
 * @param {Facts} facts
 */
function capabilities(media, { current, queue, fullscreenAvailable }) {
  const { loaded, seekable, volumeFixed, subtitles, audioChoice, convertible } = media;
  const filled = queue.items.length > 0;
  const follows = following(queue) !== null;
  const startable = loaded || (current === null && follows);
  const volume = !volumeFixed;
  /** @type {Record<string, boolean>} the procedures that do not always work */
  const conditions = {
    play: startable,
    pause: startable,
    toggle: startable,
    stop: startable,
    volume,
    "volume/up": volume,
    "volume/down": volume,
    seek: loaded && seekable,
    "seek/by": loaded && seekable,
    next: follows,
    previous: (loaded && seekable) || behind(queue).length > 0,
    jump: filled,
    "queue/remove": filled,
    "queue/move": filled,
    "queue/clear": filled,
    subtitles: subtitles.tracks.length > 0,
    audio: audioChoice,
    stream: current !== null && convertible,
    "subtitles/delay": subtitles.tracks.length > 0,
    fullscreen: fullscreenAvailable,
  };
  return Object.keys(PROCEDURES).filter((procedure) => conditions[procedure] !== false);
}

/** @param {number} seconds */
function toMilliseconds(seconds) {
  return Math.round(seconds * 1000) / 1000;
}
