/** Lifts cues above the controls where no style does it: Firefox places each one by itself. */

/** What holds the cues in other browsers, where a style lifts it (styles/player.css). */
const CONTAINER = "selector(video::-webkit-media-text-track-container)";

export class CueLift {
  /** where cues are as they were written @type {WeakMap<VTTCue, Pick<VTTCue, "line" | "lineAlign" | "snapToLines">>} */
  #written = new WeakMap();
  /** part of the picture's height, from its bottom, that is to be free */
  share = 0;

  /**
   * Place the cues of a track that are at the bottom; those that come later when it is called again.
   * @param {TextTrack} track
   */
  apply({ cues }) {
    if (CSS.supports(CONTAINER)) return;
    for (const cue of Array.from(cues || [])) {
      if (!(cue instanceof VTTCue)) continue;
      const { line, lineAlign, snapToLines } = cue;
      const written = this.#written.get(cue) || { line, lineAlign, snapToLines };
      this.#written.set(cue, written);
      if (written.line !== "auto") continue;
      const lifted = { line: 100 * (1 - this.share), lineAlign: "end", snapToLines: false };
      const wanted = this.share > 0 ? lifted : written;
      if (cue.line !== wanted.line) Object.assign(cue, wanted);
    }
  }
}
