/** Which subtitles people want to read and how large, from one film to the next. */

import { isRecord } from "../protocol/messages.js";
import { Signal } from "../events/signal.js";
import { fitting, kindOf } from "../media/subtitle-kinds.js";

const USUAL = 100;

/** @typedef {import("../media/media.js").Media} Media */

export class SubtitleChoice {
  #media;
  #store;
  #draw;
  /** @type {Signal<void>} */
  changed = new Signal();

  /**
   * @param {Media} media
   * @param {import("../page/store.js").Store} store
   * @param {(percent: number) => void} draw let them be this large
   */
  constructor(media, store, draw) {
    this.#media = media;
    this.#store = store;
    this.#draw = draw;
  }

  /** Begin to choose for each film that is loaded. */
  start() {
    this.#draw(this.size);
    this.#media.happened.listen(({ name }) => {
      if (name === "load") void this.#repeat();
    });
  }

  /** How large they are, in percent. */
  get size() {
    const size = this.#store.get("subtitle_size");
    return typeof size === "number" ? size : USUAL;
  }

  /**
   * Show a track, and for later films one of the same kind in the same language.
   * @param {string | null} id null for none
   */
  async choose(id) {
    const { subtitles } = this.#media;
    const track = subtitles.state.tracks.find((known) => known.id === id);
    await subtitles.show(id).finally(() => this.changed.emit());
    const language = track && track.language;
    const wish = track && language ? { language, kind: kindOf(track.label) } : undefined;
    this.#store.set("subtitle_wish", wish);
  }

  /** @param {number} percent of the usual size */
  resize(percent) {
    this.#store.set("subtitle_size", percent);
    this.#draw(percent);
    this.changed.emit();
  }

  async #repeat() {
    const wish = this.#store.get("subtitle_wish");
    const { tracks } = this.#media.subtitles.state;
    const track = isRecord(wish) ? fitting(tracks, /** @type {any} */ (wish)) : undefined;
    // Nobody asked for them now, so nobody is told that they cannot be read.
    if (track) await this.#media.subtitles.show(track.id).catch(() => {});
    this.changed.emit();
  }
}
