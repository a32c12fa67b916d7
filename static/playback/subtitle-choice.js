/** The kind and size of subtitles, which are kept from one film to the next. */

import { isRecord } from "../protocol/messages.js";
import { Signal } from "../events/signal.js";
import { fitting, kindOf } from "../media/subtitles/subtitle-kinds.js";
import { usual } from "../media/subtitles/usual-subtitles.js";

const USUAL = 100;
/** The stored choice of no subtitles. */
const NONE = "none";

/** @typedef {import("../media/media.js").Media} Media */

export class SubtitleChoice {
  #media;
  #store;
  #draw;
  #languages;
  /** the number of films and choices, to ignore the results of earlier ones */
  #loads = 0;
  /** @type {Signal<void>} */
  changed = new Signal();

  /**
   * @param {Media} media
   * @param {import("../page/store.js").Store} store
   * @param {(percent: number) => void} draw sets their size
   * @param {() => readonly string[]} languages of the user, by preference
   */
  constructor(media, store, draw, languages) {
    this.#media = media;
    this.#store = store;
    this.#draw = draw;
    this.#languages = languages;
  }

  /** Start to choose for each loaded film. */
  start() {
    this.#draw(this.size);
    this.#media.happened.listen(({ name }) => {
      if (name === "load") void this.#repeat();
    });
  }

  /** Their size, in percent. */
  get size() {
    const size = this.#store.get("subtitle_size");
    return typeof size === "number" ? size : USUAL;
  }

  /**
   * Show a track, and in later films one of the same kind and language.
   * @param {string | null} id null for none
   */
  async choose(id) {
    this.#loads += 1;
    const { subtitles } = this.#media;
    const track = subtitles.state.tracks.find((known) => known.id === id);
    await subtitles.show(id).finally(() => this.changed.emit());
    const language = track && track.language;
    const wish = track && language ? { language, kind: kindOf(track.label) } : undefined;
    this.#store.set("subtitle_wish", track ? wish : NONE);
  }

  /** @param {number} percent of the usual size */
  resize(percent) {
    this.#store.set("subtitle_size", percent);
    this.#draw(percent);
    this.changed.emit();
  }

  /**
   * @param {readonly import("../media/subtitles/subtitle-kinds.js").Track[]} tracks
   * @param {unknown} wish
   */
  #wanted(tracks, wish) {
    if (wish === NONE) return undefined;
    if (isRecord(wish)) return fitting(tracks, /** @type {any} */ (wish));
    return usual(tracks, this.#languages(), this.#media.sounds.language);
  }

  async #repeat() {
    const wish = this.#store.get("subtitle_wish");
    const { subtitles } = this.#media;
    const { tracks } = subtitles.state;
    const [pictures, texts] = [true, false].map((pictured) =>
      tracks.filter(({ id }) => subtitles.isPicture(id) === pictured),
    );
    // pictures only if there is no text, because the server must draw them into the film
    const track = this.#wanted(texts, wish) || this.#wanted(pictures, wish);
    const load = (this.#loads += 1);
    if (track && subtitles.isPicture(track.id)) await this.#media.settled();
    if (load !== this.#loads) return;
    // no error: the user did not request them now
    if (track) await subtitles.show(track.id).catch(() => {});
    this.changed.emit();
  }
}
