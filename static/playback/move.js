/** Moves playback from one player to another; no I/O of its own. */

import { CallError } from "../protocol/errors.js";
import { beginning } from "../protocol/messages.js";
import { TITLE } from "../protocol/ranges.js";

/** Seconds by which the second player may be off when the first one pauses. */
export const NEAR = 0.5;

/**
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
 *
 * @typedef {object} Mover a player, as a remote sees it
 * @property {() => PlayerState | null} state the last one received
 * @property {() => number} position the present one, in seconds
 * @property {(procedure: string, parameters: Record<string, unknown>) => Promise<unknown>} call
 * @property {() => Promise<void>} plays resolves once it plays; rejects if it cannot
 */

/**
 * Let `to` continue what `from` plays: queue, position, sound track, subtitles, their delay, speed,
 * repeat and shuffle. `from` pauses once `to` plays; if that fails, `from` continues and `to` pauses.
 * @param {Mover} from
 * @param {Mover} to
 */
export async function move(from, to) {
  const state = from.state();
  if (!state?.source) throw new CallError("not_supported", "nothing is loaded");
  // check that it is there before its queue changes
  await to.call("status", {});
  try {
    await fillQueue(state, to);
    await seek(from, to);
    await choose(state, to);
    if (state.playing) await to.plays();
    else await to.call("pause", {});
    if (Math.abs(from.position() - to.position()) > NEAR) await seek(from, to);
  } catch (error) {
    await to.call("pause", {}).catch(() => {});
    throw error;
  }
  if (state.playing) await from.call("pause", {});
}

/**
 * @param {PlayerState} state
 * @param {Mover} to
 */
async function fillQueue({ queue, source, title, shuffle, repeat }, to) {
  await to.call("queue/clear", {});
  // now, while the queue is empty and needs no shuffling
  await to.call("shuffle", { on: shuffle });
  await to.call("repeat", { mode: repeat });
  if (queue.index === null) {
    await to.call("load", { source, position: 0, ...titled(title) });
    await to.call("queue/clear", {});
  }
  for (const item of queue.items) {
    await to.call("queue/add", { source: item.source, ...titled(item.title) });
  }
  if (queue.index !== null) {
    await to.call("jump", { index: queue.index });
  }
}

/**
 * @param {Mover} from
 * @param {Mover} to
 */
async function seek(from, to) {
  const wanted = to.call("seek", { position: from.position() });
  await wanted.catch(pass("not_supported"));
}

/**
 * Choose tracks and speed, except what the other player does not have.
 *
 * @param {PlayerState} state
 * @param {Mover} to
 */
async function choose({ audio, subtitles, rate }, to) {
  /** @type {[string, Record<string, unknown>, boolean][]} */
  const wishes = [
    ["audio", { track: audio.active }, audio.active !== null],
    ["subtitles", { track: subtitles.active }, subtitles.tracks.length > 0],
    ["subtitles/delay", { seconds: subtitles.delay }, subtitles.delay !== 0],
    ["rate", { factor: rate }, true],
  ];
  for (const [procedure, parameters, wanted] of wishes) {
    if (!wanted) continue;
    // another sound, or subtitles in the picture, may load the medium again
    const chosen = to.call(procedure, parameters);
    await chosen.catch(pass("not_supported", "invalid_argument"));
  }
}

/** @param {string | null} title */
function titled(title) {
  const short = beginning((title ?? "").trim(), TITLE.most);
  return short ? { title: short } : {};
}

/**
 * Return a handler that ignores errors with these codes.
 * @param {...string} codes
 */
function pass(...codes) {
  return (/** @type {unknown} */ error) => {
    if (!(error instanceof CallError) || !codes.includes(error.code)) throw error;
  };
}
