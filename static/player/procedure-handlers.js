/** The handlers of a player's procedures. */

import { bind } from "../protocol/procedures.js";
import * as queues from "../playback/queue.js";
import { setShuffle } from "../playback/shuffle.js";
import { Signal } from "../events/signal.js";

/** The procedures that do not wait until it is known whether a medium replaces the present one. */
const AT_ONCE = ["load", "message", "mute", "volume", "volume/down", "volume/up"];

/**
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {import("../connection/rpc.js").Procedure} Procedure
 * @typedef {{ text: string, seconds: number }} ScreenMessage
 * @typedef {(values: Record<string, any>, caller: string | null) => unknown} Action
 * @typedef {Record<string, Action>} Actions
 *
 * @typedef {object} Parts what the procedures act on
 * @property {import("../media/media.js").Media} media
 * @property {import("../playback/playback.js").Playback} playback
 * @property {import("../playback/subtitle-choice.js").SubtitleChoice} subtitles
 * @property {import("../playback/sound-choice.js").SoundChoice} sounds
 * @property {import("../page/device/fullscreen.js").Fullscreen} fullscreen
 * @property {import("../playback/sleep-timer.js").SleepTimer} sleep
 * @property {import("./identity/name.js").PlayerName} name
 * @property {import("./devices.js").Devices} devices
 */

export class ProcedureHandlers {
  #parts;
  /** @type {Signal<ScreenMessage>} show a text on the screen */
  messaged = new Signal();

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Return them by name; each resolves, once it has taken effect, with its result or the state.
   * @param {() => PlayerState} state
   * @returns {Map<string, Procedure>}
   */
  all(state) {
    const changing = {
      ...this.#transport(),
      ...this.#sound(),
      ...this.#queue(),
      ...this.#screen(),
    };
    const asking = this.#questions();
    const { playback } = this.#parts;
    /** @type {(actions: Actions, answer: (result: unknown) => unknown) => [string, Procedure][]} */
    const bound = (actions, answer) =>
      Object.entries(actions).map(([name, act]) => [
        name,
        async (parameters, caller = null) => {
          const values = bind(name, parameters);
          // a call that came before this one may choose a medium as well
          let choice;
          while (!AT_ONCE.includes(name) && choice !== playback.deciding) {
            choice = playback.deciding;
            await choice;
          }
          return answer(await act(values, caller));
        },
      ]);
    return new Map([...bound(changing, state), ...bound(asking, (result) => result)]);
  }

  /** @returns {Actions} */
  #transport() {
    const { media, playback } = this.#parts;
    return {
      status: () => {},
      play: () => playback.play(),
      pause: () => media.pause(),
      toggle: () => (media.state.playing ? media.pause() : playback.play()),
      stop: () => media.stop(),
      seek: ({ position }) => media.seek(position),
      "seek/by": ({ offset }) => media.seekBy(offset),
      rate: ({ factor }) => media.setRate(factor),
      load: ({ source, title, position }) => playback.load(source, title, position),
      next: () => playback.next(),
      previous: () => playback.previous(),
      jump: ({ index }) => playback.jump(index),
    };
  }

  /** @returns {Actions} */
  #sound() {
    const { media, sounds } = this.#parts;
    return {
      volume: ({ level }) => media.volume.set(level),
      "volume/up": ({ step }) => media.volume.set(media.volume.level + step),
      "volume/down": ({ step }) => media.volume.set(media.volume.level - step),
      mute: ({ on }) => media.mute(on === null ? !media.volume.muted : on),
      audio: ({ track }) => sounds.choose(idOf(track)),
      stream: ({ kind }) => media.deliver(kind),
    };
  }

  /** @returns {Actions} */
  #queue() {
    const { devices, playback } = this.#parts;
    /** @type {(place: typeof queues.add) => Action} */
    const adding =
      (place) =>
      ({ source, title }, caller) =>
        playback.add(place, source, title, devices.nameOf(caller));
    return {
      "queue/add": adding(queues.add),
      "queue/play_next": adding(queues.playNext),
      "queue/remove": ({ index }) => playback.edit((queue) => queues.remove(queue, index)),
      "queue/move": ({ from, to }) => playback.edit((queue) => queues.move(queue, from, to)),
      "queue/clear": () => playback.edit(queues.clear),
      repeat: ({ mode }) => playback.edit((queue) => queues.setRepeat(queue, mode)),
      shuffle: ({ on }) =>
        playback.edit((queue) =>
          setShuffle(queue, on === null ? !queue.unshuffled : on, Math.random),
        ),
    };
  }

  /** @returns {Actions} */
  #screen() {
    const { fullscreen, media, name, sleep, subtitles } = this.#parts;
    return {
      subtitles: ({ track }) => subtitles.choose(idOf(track)),
      "subtitles/size": ({ percent }) => subtitles.resize(percent),
      "subtitles/delay": ({ seconds }) => media.subtitles.delay(seconds),
      fullscreen: ({ on }) => fullscreen.set(on === null ? !fullscreen.on : on),
      message: ({ text, seconds }) => this.messaged.emit({ text, seconds }),
      sleep: ({ minutes }) => sleep.set(minutes),
      rename: (values) => name.set(values.name),
    };
  }

  /** @returns {Actions} */
  #questions() {
    const { media, playback } = this.#parts;
    return {
      history: () => ({ items: playback.history.places, watched: playback.history.watched }),
      playable: ({ types }) => ({
        playable: types.map((/** @type {string} */ type) => media.canPlay(type)),
      }),
    };
  }
}

/**
 * Return the id of a track, which may be given as a number.
 * @param {string | number | null} track
 */
function idOf(track) {
  return track === null ? null : String(track);
}
