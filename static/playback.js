/** What the player plays and is called, and the procedures that change it. */

import { bind } from "./procedures.js";
import { readSource } from "./sources.js";
import { Signal } from "./signal.js";

/**
 * @typedef {import("./media.js").Media} Media
 * @typedef {import("./player_state.js").Facts} Facts
 * @typedef {import("./player_state.js").PlayerState} PlayerState
 * @typedef {import("./rpc.js").Procedure} Procedure
 * @typedef {{ text: string, seconds: number }} ScreenMessage
 */

export class Playback {
  /**
   * @param {Media} media
   * @param {string} name
   */
  constructor(media, name) {
    /** @private */
    this._media = media;
    /** @private @type {import("./sources.js").Source | null} */
    this._source = null;
    /** @private @type {string | null} */
    this._title = null;
    this.name = name;
    /** @type {Signal<void>} a name or title is another one */
    this.changed = new Signal();
    /** @type {Signal<ScreenMessage>} a text is to be shown on the screen */
    this.messaged = new Signal();
  }

  /**
   * @param {boolean} fullscreen
   * @returns {Facts}
   */
  facts(fullscreen) {
    const source = this._source && this._source.source;
    return { name: this.name, title: this._title, source, fullscreen };
  }

  /**
   * Load a medium without playing it.
   * @param {string} text as `readSource` takes it
   * @param {string | null} [title]
   * @param {number | null} [position] seconds
   */
  async open(text, title = null, position = null) {
    const source = readSource(text);
    this._source = source;
    this._title = title || source.title;
    this.changed.emit();
    await this._media.load(source, position || 0);
  }

  /** @param {string} name */
  rename(name) {
    this.name = name.trim();
    this.changed.emit();
  }

  /**
   * Load a medium and play it, unless the browser wants a click first; the state tells that.
   * @param {Record<string, any>} values
   */
  async load({ source, title, position }) {
    await this.open(source, title, position);
    await this._media.play().catch((error) => {
      if (error.code !== "gesture_required") throw error;
    });
  }

  /**
   * Return the player's procedures; each resolves, once it has taken effect, with the state.
   * @param {() => PlayerState} state
   * @returns {Map<string, Procedure>}
   */
  procedures(state) {
    const media = this._media;
    /** @type {Record<string, (values: Record<string, any>) => unknown>} */
    const actions = {
      status: () => {},
      play: () => media.play(),
      pause: () => media.pause(),
      toggle: () => (media.state.playing ? media.pause() : media.play()),
      stop: () => media.stop(),
      volume: ({ level }) => media.setVolume(level),
      "volume/up": ({ step }) => media.setVolume(media.state.volume + step),
      "volume/down": ({ step }) => media.setVolume(media.state.volume - step),
      mute: ({ on }) => media.setMuted(on === null ? !media.state.muted : on),
      seek: ({ position }) => media.seek(position),
      "seek/by": ({ offset }) => media.seekBy(offset),
      load: (values) => this.load(values),
      message: ({ text, seconds }) => this.messaged.emit({ text, seconds }),
      rename: ({ name }) => this.rename(name),
    };
    return new Map(
      Object.entries(actions).map(([name, act]) => [
        name,
        async (parameters) => {
          await act(bind(name, parameters));
          return state();
        },
      ]),
    );
  }
}
