/** Delays the cues of text tracks. */

export class CueDelay {
  /** the original times of cues @type {WeakMap<TextTrackCue, { start: number, end: number }>} */
  #written = new WeakMap();
  /** seconds; positive is later */
  seconds = 0;

  /**
   * Move the present cues of a track; call it again for later ones.
   * @param {TextTrack} track
   */
  apply({ cues }) {
    for (const cue of Array.from(cues || [])) {
      const written = this.#written.get(cue) || { start: cue.startTime, end: cue.endTime };
      this.#written.set(cue, written);
      const [start, end] = [written.start + this.seconds, written.end + this.seconds];
      if (cue.startTime === start && cue.endTime === end) continue;
      cue.startTime = start;
      cue.endTime = end;
    }
  }
}
