import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { composeState, differs, positionAt } from "../player_state.js";
import { StatePublisher } from "../state_publisher.js";

/** @type {import("../media.js").MediaState} */
const MEDIA = {
  loaded: true,
  playing: false,
  buffering: false,
  ended: false,
  seekable: true,
  position: 12.3456,
  duration: 52.2,
  rate: 1,
  volume: 40,
  muted: false,
  volumeFixed: false,
  gestureRequired: false,
  error: null,
};
const FACTS = {
  name: "Living room",
  title: "Sintel",
  source: "media/sintel.webm",
  fullscreen: false,
};

/** @param {Partial<import("../media.js").MediaState>} [media] */
const state = (media = {}, now = 1000, seq = 1) =>
  composeState({ ...MEDIA, ...media }, FACTS, seq, now);

test("the state has every field of the contract", () => {
  assert.deepEqual(Object.keys(state()), [
    "version",
    "seq",
    "name",
    "playing",
    "buffering",
    "ended",
    "position",
    "reported_at",
    "duration",
    "rate",
    "volume",
    "muted",
    "title",
    "source",
    "poster",
    "queue",
    "repeat",
    "shuffle",
    "subtitles",
    "audio",
    "fullscreen",
    "sleep_at",
    "gesture_required",
    "error",
    "can",
  ]);
  assert.equal(state().position, 12.346);
});

test("it can what works here now", () => {
  assert.deepEqual(state({ loaded: false, seekable: false }).can, [
    "status",
    "volume",
    "volume/up",
    "volume/down",
    "mute",
    "load",
    "message",
    "rename",
  ]);
  assert.ok(!state({ volumeFixed: true }).can.some((name) => name.startsWith("volume")));
  assert.ok(state({ volumeFixed: true }).can.includes("mute"));
  assert.ok(!state({ seekable: false }).can.includes("seek"));
});

test("the passing of time is no change, a jump is", () => {
  const before = state({ playing: true, position: 10 }, 1000);
  assert.ok(!differs(before, state({ playing: true, position: 12.1 }, 1002)));
  assert.ok(differs(before, state({ playing: true, position: 20 }, 1002)));
  assert.ok(differs(state({}, 1000), state({ position: 12.4 }, 1000)));
  assert.ok(differs(before, state({ playing: false, position: 10 }, 1000)));
  assert.ok(differs(null, before));
});

test("a position counts on only while the medium plays, and ends with it", () => {
  assert.equal(positionAt(state({ position: 10 }), 5), 10);
  assert.equal(positionAt(state({ position: 10, playing: true, rate: 2 }), 5), 20);
  assert.equal(positionAt(state({ position: 10, playing: true, buffering: true }), 5), 10);
  assert.equal(positionAt(state({ position: 50, playing: true }), 5), 52.2);
  assert.equal(positionAt(state({ position: 50, playing: true, duration: null }), 5), 55);
  assert.equal(positionAt(state({ position: 10, playing: true }), -5), 10);
});

/** @type {import("../player_state.js").PlayerState[]} */
let published = [];
let media = MEDIA;
/** @type {StatePublisher} */
let publisher;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  published = [];
  media = MEDIA;
  publisher = new StatePublisher(
    (seq) => composeState(media, FACTS, seq, 1000),
    (told) => published.push(told),
  );
});

afterEach(() => mock.timers.reset());

test("nothing is published but changes, each with the next number", () => {
  publisher.touch();
  publisher.touch();
  mock.timers.tick(200);
  assert.deepEqual(
    published.map(({ seq }) => seq),
    [1],
  );
  media = { ...MEDIA, volume: 50 };
  publisher.touch();
  mock.timers.tick(200);
  publisher.touch();
  mock.timers.tick(200);
  assert.deepEqual(
    published.map(({ seq, volume }) => [seq, volume]),
    [
      [1, 40],
      [2, 50],
    ],
  );
});

test("a storm of changes is published ten times a second at most, and the last one always", () => {
  publisher.touch();
  for (let volume = 0; volume < 50; volume += 1) {
    media = { ...MEDIA, volume };
    publisher.touch();
  }
  assert.ok(published.length <= 2, String(published.length));
  mock.timers.tick(100);
  const last = published[published.length - 1];
  assert.equal(last.volume, 49);
  assert.equal(last.seq, published.length);
});

test("an answer tells the present, under the number it is or will be published with", () => {
  publisher.touch();
  assert.equal(publisher.current().seq, 1);
  media = { ...MEDIA, muted: true };
  assert.deepEqual([publisher.current().seq, publisher.current().muted], [2, true]);
});

test("a new session is told the state again, whether it changed or not", () => {
  publisher.touch();
  publisher.renew();
  assert.deepEqual(
    published.map(({ seq }) => seq),
    [1, 2],
  );
});
