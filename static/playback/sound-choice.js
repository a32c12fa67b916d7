/** The language of sound, which is kept from one film to the next. */

export class SoundChoice {
  #media;
  #store;
  #spoken;

  /**
   * @param {import("../media/media.js").Media} media
   * @param {import("../page/store.js").Store} store
   * @param {readonly string[]} spoken the languages of the browser, by preference
   */
  constructor(media, store, spoken) {
    this.#media = media;
    this.#store = store;
    this.#spoken = spoken;
  }

  /** The languages by preference: the one that was chosen last, then the browser's. */
  get languages() {
    const chosen = this.#store.get("sound_language");
    return typeof chosen === "string" ? [chosen, ...this.#spoken] : this.#spoken;
  }

  /**
   * Choose a track, and its language for later films.
   * @param {string | null} id
   */
  async choose(id) {
    const { sounds } = this.#media;
    await sounds.choose(id);
    const track = sounds.state.tracks.find((known) => known.id === id);
    if (track?.language) this.#store.set("sound_language", track.language);
  }
}
