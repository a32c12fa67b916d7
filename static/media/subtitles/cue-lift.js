/** Lifts cues above the controls in Firefox, which places each cue by itself. */

/** The container of the cues in other browsers, which a style lifts (styles/player/picture.css). */
const CONTAINER = "selector(video::-webkit-media-text-track-container)";

export class CueLift {
  /** the original places of cues @type {WeakMap<VTTCue, Pick<VTTCue, "line" | "lineAlign" | "snapToLines">>} */
  #written = new WeakMap();
  /** part of the picture's height to keep free, from its bottom */
  share = 0;

  /**
   * Place the present cues at the bottom of a track; call it again for later ones.
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
