import assert from "node:assert/strict";
import { test } from "node:test";

import { CueLift } from "../../media/subtitles/cue-lift.js";

class Cue {
  snapToLines = true;
  lineAlign = "start";
  /** @param {number | "auto"} line */
  constructor(line) {
    this.line = line;
  }
}

/** @param {boolean} styled whether a style lifts them */
const lifted = (styled) => {
  Object.assign(globalThis, { VTTCue: Cue, CSS: { supports: () => styled } });
  const cues = [new Cue("auto"), new Cue(0)];
  const track = /** @type {TextTrack} */ (/** @type {unknown} */ ({ cues }));
  const lift = new CueLift();
  lift.share = 0.25;
  lift.apply(track);
  return { cues, lift, track };
};

test("cues at the bottom go above the controls, and back", () => {
  const { cues, lift, track } = lifted(false);
  assert.deepEqual({ ...cues[0] }, { line: 75, lineAlign: "end", snapToLines: false });
  assert.deepEqual({ ...cues[1] }, { line: 0, lineAlign: "start", snapToLines: true });
  lift.share = 0;
  lift.apply(track);
  assert.deepEqual({ ...cues[0] }, { line: "auto", lineAlign: "start", snapToLines: true });
});

test("where a style lifts them, they stay as they were written", () => {
  assert.equal(lifted(true).cues[0].line, "auto");
});
