/** In which language people want to hear films, from one to the next. */

export class SoundChoice {
  #media;
  #store;
  #spoken;

  /**
   * @param {import("../media/media.js").Media} media
   * @param {import("../page/store.js").Store} store
   * @param {readonly string[]} spoken the languages of the browser, the dearest first
   */
  constructor(media, store, spoken) {
    this.#media = media;
    this.#store = store;
    this.#spoken = spoken;
  }

  /** The languages to prefer, the dearest first: the one that was chosen last, then the browser's. */
  get languages() {
    const chosen = this.#store.get("sound_language");
    return typeof chosen === "string" ? [chosen, ...this.#spoken] : this.#spoken;
  }

  /**
   * Let a track be heard, and in later films one in the same language.
   * @param {string | null} id
   */
  async choose(id) {
    const { sounds } = this.#media;
    await sounds.choose(id);
    const track = sounds.state.tracks.find((known) => known.id === id);
    if (track?.language) this.#store.set("sound_language", track.language);
  }
}
