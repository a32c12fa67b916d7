/** A requested medium, until it plays. */
export class AwaitedMedium {
  #source;

  /**
   * @param {string} source
   * @param {string} words the message once it plays
   */
  constructor(source, words) {
    this.#source = source;
    this.words = words;
  }

  /**
   * Return whether it plays, needs a click or is pending; `gone` if it failed or something else was
   * requested.
   *
   * @param {import("../../../protocol/player-state.js").PlayerState} state
   * @returns {"plays" | "gesture" | "to-come" | "gone"}
   */
  outcome(state) {
    // of a folder, one of its media plays
    const source = state.source || "";
    const there = source === this.#source || source.startsWith(`${this.#source}/`);
    if (state.gesture_required) return "gesture";
    if (there && state.playing && !state.buffering) return "plays";
    return there && !state.error ? "to-come" : "gone";
  }
}
