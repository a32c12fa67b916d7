import assert from "node:assert/strict";
import { test } from "node:test";

import { MediumDelivery } from "../../media/delivery/medium-delivery.js";

const ABILITIES = /** @type {import("../../media/delivery/abilities.js").Abilities} */ (
  /** @type {unknown} */ ({ opens: () => true, plays: () => true, streams: () => true })
);
const ABOUT = /** @type {import("../../library/catalogue.js").About} */ (
  /** @type {unknown} */ ({
    type: 'video/mp4; codecs="avc1.64001F"',
    tracks: [{ kind: "video", name: "H.264", codec: "avc1.64001F" }],
    subtitles: [],
    size: 75e6,
    duration: 60,
    height: 1080,
  })
);
const SOURCE = { source: "media/a.mp4", url: "media/a.mp4", title: "a", path: "a.mp4" };

const film = () => {
  const delivery = new MediumDelivery(ABILITIES, {
    converts: true,
    unconverted: "picture",
    languages: () => [],
  });
  delivery.begin(SOURCE, ABOUT, true);
  return delivery;
};
const chosen = (/** @type {MediumDelivery} */ { way }) => way && [way.kind, way.reason];

test("a slow link changes the way, and the films after it begin in that way", () => {
  const delivery = film();
  assert.equal(delivery.rate, 10e6);
  assert.equal(delivery.noteLink(20e6), false);
  assert.equal(delivery.noteLink(6e6), true);
  assert.deepEqual(chosen(delivery), ["transcode", "link"]);
  assert.equal(delivery.rate, null);
  delivery.begin(SOURCE, ABOUT, true);
  assert.deepEqual(chosen(delivery), ["transcode", "link"]);
  assert.equal(delivery.noteLink(20e6), true);
  assert.deepEqual(chosen(delivery), ["direct", "plays"]);
});

test("over a slow link the file comes as it is while the server converts others", () => {
  const delivery = film();
  const full = { reason: /** @type {const} */ ("conversions_full"), words: "" };
  assert.equal(delivery.fail(full), false);
  delivery.noteLink(6e6);
  assert.equal(delivery.fail(full), true);
  assert.deepEqual(chosen(delivery), ["direct", "plays"]);
});

test("a file with several sounds names the stream that has the others", () => {
  const delivery = film();
  assert.equal(delivery.addressOfSounds, "");
  const sound = { kind: /** @type {const} */ ("audio"), name: "AAC", codec: "mp4a.40.2" };
  delivery.begin(SOURCE, { ...ABOUT, tracks: [...ABOUT.tracks, sound, sound] }, true);
  assert.deepEqual(chosen(delivery), ["direct", "plays"]);
  assert.match(delivery.addressOfSounds, /^streams\/a\.mp4\/copy-copy\/master\.m3u8\?viewer=/);
  const named = delivery.addressOfSounds;
  delivery.sound = 1;
  delivery.choose();
  assert.equal(delivery.address, named);
  assert.equal(delivery.addressOfSounds, "");
});
