import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { composeState } from "../../player/state/state-report.js";
import { differs, positionAt } from "../../protocol/player-state.js";
import { EMPTY, add, jump } from "../../playback/queue.js";
import { StatePublisher } from "../../player/state/state-publisher.js";
import { assertType } from "../shapes.js";
import { vectors } from "../vectors.js";

/** @type {import("../../media/media-state.js").MediaState} */
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
  subtitles: { active: null, tracks: [], delay: 0 },
  audio: { active: null, tracks: [] },
  audioChoice: false,
  stream: null,
  convertible: false,
  error: null,
};
const FILM = {
  id: "a1",
  title: "Sintel",
  source: "media/sintel.webm",
  poster: "media/poster.jpg",
  duration: 52.2,
};
const OTHER = { ...FILM, id: "b2", title: "Other" };
/** @type {import("../../player/state/state-report.js").Facts} */
const FACTS = {
  name: "Living room",
  current: FILM,
  queue: jump(add(EMPTY, FILM), 0),
  skipped: null,
  fullscreen: false,
  fullscreenAvailable: true,
  sleepAt: null,
  subtitleSize: 100,
};

/**
 * @param {Partial<import("../../media/media-state.js").MediaState>} [media]
 * @param {number} [now]
 * @param {Partial<import("../../player/state/state-report.js").Facts>} [facts]
 */
const state = (media = {}, now = 1000, facts = {}) =>
  composeState({ ...MEDIA, ...media }, { ...FACTS, ...facts }, 1, now);

test("the state has every field of the contract, of its type, and no other", () => {
  const tracks = { active: "a", tracks: [{ id: "a", label: "A", language: "fr" }] };
  const subtitles = { ...tracks, delay: 0 };
  const error = { code: "media_error", message: "it is damaged", reason: "damaged" };
  const stream = {
    kind: /** @type {const} */ ("remux"),
    reason: "sound",
    speed: 2.5,
    codec: "DTS",
  };
  const full = state({ subtitles, audio: tracks, stream, error }, 1000, {
    current: {
      ...FILM,
      kind: "video",
      artist: "Artist",
      album: "Album",
      chapters: [{ title: "One", start: 0 }],
    },
    skipped: { source: "b", title: "B", error },
    sleepAt: 1060,
  });
  const empty = state({ loaded: false, duration: null }, 1000, { current: null, queue: EMPTY });
  const { state: fields } = vectors("state");
  for (const told of [full, empty]) {
    assertType(told, "state");
    assert.deepEqual(Object.keys(told), Object.keys(fields));
  }
  const nullable = Object.keys(fields).filter((name) => fields[name].endsWith(" or null"));
  const none = Object.entries(empty).filter(([, value]) => value === null);
  assert.deepEqual(
    none.map(([name]) => name),
    nullable,
  );
  assert.ok(Object.values(full).every((value) => value !== null));
  assert.equal(state().position, 12.346);
  assert.deepEqual([full.chapters, empty.chapters], [[{ title: "One", start: 0 }], []]);
});

test("the state tells what is loaded, and the queue", () => {
  const queue = add(FACTS.queue, OTHER);
  const told = state({}, 1000, { queue: { ...queue, repeat: "all" }, sleepAt: 1234.56789 });
  const { title, source, poster, repeat, shuffle, sleep_at } = told;
  assert.deepEqual([title, source, poster], [FILM.title, FILM.source, FILM.poster]);
  assert.deepEqual([repeat, shuffle, sleep_at], ["all", false, 1234.568]);
  assert.deepEqual(told.queue, { index: 0, items: [FILM, OTHER] });
  const nothing = state({ loaded: false }, 1000, { current: null, queue: EMPTY });
  assert.deepEqual([nothing.title, nothing.source, nothing.poster], [null, null, null]);
  assert.deepEqual(nothing.queue, { index: null, items: [] });
});

test("it can what works here now", () => {
  const nothing = { current: null, queue: EMPTY, fullscreenAvailable: false };
  assert.deepEqual(state({ loaded: false, seekable: false }, 1000, nothing).can, [
    "status",
    "volume",
    "volume/up",
    "volume/down",
    "mute",
    "rate",
    "load",
    "queue/add",
    "queue/play_next",
    "repeat",
    "shuffle",
    "subtitles/size",
    "message",
    "sleep",
    "rename",
    "history",
    "playable",
  ]);
  assert.ok(!state({ volumeFixed: true }).can.some((name) => name.startsWith("volume")));
  assert.ok(state({ volumeFixed: true }).can.includes("mute"));
  assert.ok(!state({ seekable: false }).can.includes("seek"));
});

test("it can go where the queue has something", () => {
  const { can } = state();
  assert.ok(can.includes("jump") && can.includes("previous") && !can.includes("next"));
  const two = add(FACTS.queue, OTHER);
  assert.ok(state({}, 1000, { queue: two }).can.includes("next"));
  assert.ok(!state({}, 1000, { queue: jump(two, 1) }).can.includes("next"));
  assert.ok(state({}, 1000, { queue: { ...jump(two, 1), repeat: "all" } }).can.includes("next"));
  // an empty player with a queue can play, one whose film is broken cannot
  const waiting = { queue: add(EMPTY, FILM), current: null };
  assert.ok(state({ loaded: false }, 1000, waiting).can.includes("play"));
  assert.ok(!state({ loaded: false }, 1000, { queue: two }).can.includes("play"));
});

test("it can choose tracks where there are some", () => {
  const tracks = [{ id: "fr", label: "Français", language: "fr" }];
  assert.ok(!state().can.includes("subtitles") && !state().can.includes("audio"));
  assert.ok(state({ subtitles: { active: null, tracks, delay: 0 } }).can.includes("subtitles"));
  assert.ok(!state().can.includes("subtitles/delay"));
  assert.ok(state({ audioChoice: true }).can.includes("audio"));
});

test("it can come in another way where the server makes streams", () => {
  assert.ok(!state().can.includes("stream"));
  assert.ok(state({ convertible: true }).can.includes("stream"));
  assert.ok(!state({ convertible: true }, 1000, { current: null }).can.includes("stream"));
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

/** @type {import("../../protocol/player-state.js").PlayerState[]} */
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

test("a state that was told is corrected, though all is as it was published by then", () => {
  publisher.touch();
  media = { ...MEDIA, muted: true };
  publisher.touch();
  assert.deepEqual([publisher.current().seq, publisher.current().muted], [2, true]);
  media = MEDIA;
  publisher.touch();
  assert.deepEqual([publisher.current().seq, publisher.current().muted], [2, false]);
  mock.timers.tick(200);
  assert.deepEqual(
    published.map(({ seq, muted }) => [seq, muted]),
    [
      [1, false],
      [2, false],
    ],
  );
  assert.equal(publisher.current().seq, 2);
});

test("a new session is told the state again, whether it changed or not", () => {
  publisher.touch();
  publisher.renew();
  assert.deepEqual(
    published.map(({ seq }) => seq),
    [1, 2],
  );
});
