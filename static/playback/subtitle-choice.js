/** Which subtitles people want to read and how large, from one film to the next. */

import { isRecord } from "../protocol/messages.js";
import { Signal } from "../events/signal.js";
import { fitting, kindOf } from "../media/subtitle-kinds.js";

const USUAL = 100;

/** @typedef {import("../media/media.js").Media} Media */

export class SubtitleChoice {
  /**
   * @param {Media} media
   * @param {import("../page/store.js").Store} store
   * @param {(percent: number) => void} draw let them be this large
   */
  constructor(media, store, draw) {
    /** @private */
    this._media = media;
    /** @private */
    this._store = store;
    /** @private */
    this._draw = draw;
    /** @type {Signal<void>} */
    this.changed = new Signal();
  }

  /** Begin to choose for each film that is loaded. */
  start() {
    this._draw(this.size);
    this._media.happened.listen(({ name }) => {
      if (name === "load") void this._repeat();
    });
  }

  /** How large they are, in percent. */
  get size() {
    const size = this._store.get("subtitle_size");
    return typeof size === "number" ? size : USUAL;
  }

  /**
   * Show a track, and for later films one of the same kind in the same language.
   * @param {string | null} id null for none
   */
  async choose(id) {
    const { subtitles } = this._media;
    const track = subtitles.state.tracks.find((known) => known.id === id);
    await subtitles.show(id).finally(() => this.changed.emit());
    const language = track && track.language;
    const wish = track && language ? { language, kind: kindOf(track.label) } : undefined;
    this._store.set("subtitle_wish", wish);
  }

  /** @param {number} percent of the usual size */
  resize(percent) {
    this._store.set("subtitle_size", percent);
    this._draw(percent);
    this.changed.emit();
  }

  /** @private */
  async _repeat() {
    const wish = this._store.get("subtitle_wish");
    const { tracks } = this._media.subtitles.state;
    const track = isRecord(wish) ? fitting(tracks, /** @type {any} */ (wish)) : undefined;
    // Nobody asked for them now, so nobody is told that they cannot be read.
    if (track) await this._media.subtitles.show(track.id).catch(() => {});
    this.changed.emit();
  }
}
