import assert from "node:assert/strict";
import { test } from "node:test";

import { CallError } from "../../protocol/errors.js";
import { move } from "../../playback/move.js";

const ITEMS = ["a", "b", "c"].map((it) => ({ id: it, title: it, source: `media/${it}.mp4` }));

/** @param {object} [more] */
function stateWith(more = {}) {
  return /** @type {any} */ ({
    source: "media/b.mp4",
    title: "b",
    playing: true,
    rate: 1.5,
    repeat: "all",
    shuffle: true,
    queue: { index: 1, items: ITEMS },
    audio: { active: "1", tracks: [{}, {}] },
    subtitles: { active: null, tracks: [{}], delay: 2 },
    ...more,
  });
}

/** A player that records its calls, and fails those that a test chooses. */
class Recorded {
  /** @type {string[]} */
  asked = [];
  /** @type {Record<string, CallError>} */
  fails = {};
  /** @type {any} */
  told = null;
  place = 30;

  state = () => this.told;
  position = () => this.place;
  plays = () => this.call("plays", {});

  /**
   * @param {string} procedure
   * @param {Record<string, unknown>} parameters
   */
  call = async (procedure, parameters) => {
    this.asked.push([procedure, ...Object.values(parameters)].join(" "));
    const error = this.fails[procedure];
    if (error) throw error;
    if (procedure === "seek") this.place = Number(parameters.position);
  };
}

function both(more = {}) {
  const [from, to] = [new Recorded(), new Recorded()];
  from.told = stateWith(more);
  to.place = 0;
  return { from, to };
}

test("everything goes along, and the first one pauses last", async () => {
  const { from, to } = both();
  await move(from, to);
  assert.deepEqual(to.asked, [
    "status",
    "queue/clear",
    "shuffle true",
    "repeat all",
    "queue/add media/a.mp4 a",
    "queue/add media/b.mp4 b",
    "queue/add media/c.mp4 c",
    "jump 1",
    "seek 30",
    "audio 1",
    "subtitles ",
    "subtitles/delay 2",
    "rate 1.5",
    "plays",
  ]);
  assert.deepEqual(from.asked, ["pause"]);
});

test("what is not in the queue goes along, and what pauses stays so", async () => {
  const { from, to } = both({ playing: false, queue: { index: null, items: ITEMS.slice(0, 1) } });
  await move(from, to);
  assert.deepEqual(to.asked.slice(4, 8), [
    "load media/b.mp4 0 b",
    "queue/clear",
    "queue/add media/a.mp4 a",
    "seek 30",
  ]);
  assert.equal(to.asked.at(-1), "pause");
  assert.deepEqual(from.asked, []);
});

test("if the second one cannot play it, the first one goes on", async () => {
  for (const procedure of ["status", "jump", "plays"]) {
    const { from, to } = both();
    to.fails[procedure] = new CallError("media_error", "no");
    await assert.rejects(move(from, to), { code: "media_error" });
    assert.deepEqual(from.asked, []);
    assert.equal(to.asked.includes("pause"), procedure !== "status");
  }
});

test("a track that the second one does not have is left out", async () => {
  const { from, to } = both();
  to.fails.audio = new CallError("not_supported", "no such track");
  await move(from, to);
  assert.deepEqual(from.asked, ["pause"]);
});

test("the place is put right when the second one was slow", async () => {
  const { from, to } = both();
  to.plays = async () => {
    from.place = 33;
  };
  await move(from, to);
  assert.equal(to.asked.at(-1), "seek 33");
});

test("a title is cut between two characters", async () => {
  const { from, to } = both({
    title: `${"a".repeat(199)}\u{1f600}b`,
    queue: { index: null, items: [] },
  });
  await move(from, to);
  assert.equal(to.asked[4], `load media/b.mp4 0 ${"a".repeat(199)}\u{1f600}`);
});
