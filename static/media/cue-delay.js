/** Shows the cues of text tracks later or earlier than they say. */

export class CueDelay {
  /** the times of cues as they were written @type {WeakMap<TextTrackCue, { start: number, end: number }>} */
  #written = new WeakMap();
  /** seconds; more than 0 is later */
  seconds = 0;

  /**
   * Move the cues of a track; those that come later are moved when it is called again.
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
