import assert from "node:assert/strict";
import { test } from "node:test";

import { baseOf, decide, preferredSound } from "../../media/delivery/decision.js";

/**
 * @typedef {import("../../library/catalogue.js").Part} Part
 * @typedef {import("../../library/catalogue.js").About} About
 * @typedef {import("../../media/delivery/decision.js").Circumstances} Circumstances
 */

/** @type {(name: string, codec: string) => Part} */
const video = (name, codec) => ({ kind: "video", name, codec });
/** @type {(name: string, codec: string, more?: Partial<Part>) => Part} */
const audio = (name, codec, more = {}) => ({ kind: "audio", name, codec, ...more });
const H264 = video("H.264", "avc1.64001F");
const HEVC = video("H.265", "hvc1.1.6.L93.B0");
const VP8 = video("VP8", "vp8");
const AAC = audio("AAC", "mp4a.40.2");
const AC3 = audio("AC-3", "ac-3");
const DTS = audio("DTS", "dtsc");
const MP3 = audio("MP3", "mp3");
const WMA = audio("WMAV2", "wmav2");

/**
 * @param {string} type
 * @param {Part[]} tracks
 * @param {Partial<About>} [more]
 */
const film = (type, tracks, more = {}) =>
  /** @type {About} */ (/** @type {unknown} */ ({ type, tracks, subtitles: [], ...more }));

/** What Chromium without licences says, as most televisions do. */
const browser = {
  opens: (/** @type {string} */ type) => /mp4|webm|matroska|quicktime/.test(type),
  plays: (/** @type {string} */ type) => /"(?:avc1|mp4a|mp3|vp8|opus)/.test(type),
  streams: (/** @type {string} */ type) => /mp4; codecs="(?:avc1|mp4a|mp3|opus)/.test(type),
  smooth: true,
};

/**
 * @param {About | null} about
 * @param {Partial<Circumstances>} [more]
 */
const told = (about, more = {}) => {
  const found = decide({
    about,
    browser,
    link: null,
    converts: true,
    forced: "auto",
    sound: 0,
    burn: null,
    failed: new Set(),
    ...more,
  });
  return found && [found.kind, found.reason, found.codec, found.plan];
};

const MP4 = 'video/mp4; codecs="x"';

for (const [name, about, wanted] of /** @type {[string, About | null, unknown[]][]} */ ([
  ["H.264 and AAC", film(MP4, [H264, AAC]), ["direct", "plays", null, ""]],
  ["without a sound", film(MP4, [H264]), ["direct", "plays", null, ""]],
  ["a song", film("audio/mp4", [AAC]), ["direct", "plays", null, ""]],
  ["what the library does not know", null, ["direct", "plays", null, ""]],
  ["what is not probed yet", film("video/mp4", []), ["direct", "plays", null, ""]],
  ["AC-3", film("video/x-matroska", [H264, AC3]), ["remux", "sound", "AC-3", "copy-aac"]],
  ["AVI", film("video/x-msvideo", [H264, AAC]), ["remux", "container", null, "copy-copy"]],
  ["TS, mute", film("video/mp2t", [H264]), ["remux", "container", null, "copy-none"]],
  [
    "MP3 in a stream",
    film("video/x-msvideo", [H264, MP3]),
    ["remux", "container", null, "copy-aac"],
  ],
  ["HEVC", film(MP4, [HEVC, AAC]), ["transcode", "picture", "H.265", "h264-copy"]],
  ["HEVC, DTS", film(MP4, [HEVC, DTS]), ["transcode", "picture", "H.265", "h264-aac"]],
  ["VP8, DTS", film("video/webm", [VP8, DTS]), ["transcode", "picture", "VP8", "h264-aac"]],
  ["WMA", film("audio/x-ms-wma", [WMA]), ["remux", "sound", "WMAV2", "none-aac"]],
  [
    "one sound of two is known",
    film(MP4, [H264, AC3, AAC]),
    ["remux", "sound", "AC-3", "copy-aac"],
  ],
])) {
  test(`${name}: ${wanted.join(" ")}`, () => assert.deepEqual(told(about), wanted));
}

test("another sound than the first needs a stream", () => {
  const about = film(MP4, [H264, AAC, AAC]);
  assert.deepEqual(told(about, { sound: 1 }), ["remux", "track", null, "copy-copy"]);
  assert.deepEqual(told(about, { sound: 1, converts: false }), ["direct", "plays", null, ""]);
});

test("what failed is not tried again, and the next way asks more of the server", () => {
  const about = film(MP4, [H264, AAC]);
  const failed = (/** @type {import("../../media/delivery/decision.js").Kind[]} */ ...kinds) =>
    told(about, { failed: new Set(kinds) });
  assert.deepEqual(failed("direct"), ["remux", "failed", null, "copy-copy"]);
  assert.deepEqual(failed("direct", "remux"), ["transcode", "failed", null, "h264-aac"]);
  assert.equal(failed("direct", "remux", "transcode"), null);
  assert.deepEqual(told(null, { failed: new Set(["direct"]) }), [
    "transcode",
    "failed",
    null,
    "h264-aac",
  ]);
});

test("a slow link gets a picture that fits, none above its own height", () => {
  // 10 Mbit/s
  const about = film(MP4, [H264, AAC], { size: 75e6, duration: 60, height: 1080 });
  const over = (/** @type {number} */ link) => told(about, { link });
  assert.deepEqual(over(20e6), ["direct", "plays", null, ""]);
  assert.deepEqual(over(12e6), ["transcode", "link", null, "h264.1080-copy"]);
  assert.deepEqual(over(6e6), ["transcode", "link", null, "h264.720-copy"]);
  assert.deepEqual(over(1e5), ["transcode", "link", null, "h264.360-copy"]);
  assert.deepEqual(told({ ...about, height: 480 }, { link: 9e6 }), [
    "transcode",
    "link",
    null,
    "h264.480-copy",
  ]);
  // that is the reason, whatever else the server does for it
  assert.deepEqual(told({ ...about, tracks: [H264, AC3] }, { link: 6e6 }), [
    "transcode",
    "link",
    null,
    "h264.720-aac",
  ]);
});

test("a picture that is too much for the device becomes a smaller one", () => {
  const slow = { browser: { ...browser, smooth: false } };
  const about = film(MP4, [H264, AAC], { height: 2160 });
  assert.deepEqual(told(about, slow), ["transcode", "heavy", null, "h264.720-copy"]);
  // A device that was busy for a moment does not lose its small films.
  assert.deepEqual(told({ ...about, height: 720 }, slow), ["direct", "plays", null, ""]);
});

test("what somebody asks for is done, or is impossible", () => {
  const about = film(MP4, [H264, AAC]);
  assert.deepEqual(told(about, { forced: "remux" }), ["remux", "forced", null, "copy-copy"]);
  assert.deepEqual(told(about, { forced: "transcode" }), ["transcode", "forced", null, "h264-aac"]);
  const other = film(MP4, [HEVC, AAC]);
  assert.deepEqual(told(other, { forced: "direct" }), ["direct", "forced", null, ""]);
  assert.equal(told(other, { forced: "remux" }), null);
  assert.equal(told(about, { forced: "remux", converts: false }), null);
});

test("a server that converts nothing: what can be seen is played, silent if it must", () => {
  const never = { converts: false };
  assert.deepEqual(told(film(MP4, [H264, AAC]), never), ["direct", "plays", null, ""]);
  assert.deepEqual(told(film("video/x-msvideo", [H264, AAC]), never), [
    "direct",
    "plays",
    null,
    "",
  ]);
  assert.deepEqual(told(film(MP4, [H264, AC3]), never), ["direct", "silent", "AC-3", ""]);
  assert.equal(told(film(MP4, [HEVC, AAC]), never), null);
});

test("the sound to begin with is in the language that people want most", () => {
  const sounds = [
    audio("AC-3", "ac-3", { language: "eng", title: "Director's commentary" }),
    audio("AC-3", "ac-3", { language: "fre", default: true }),
    audio("AC-3", "ac-3", { language: "eng" }),
    audio("AC-3", "ac-3", { language: "ger" }),
  ];
  assert.equal(preferredSound(sounds, ["en-US", "fr"]), 2);
  assert.equal(preferredSound(sounds, ["de-AT"]), 3);
  assert.equal(preferredSound(sounds, ["it", "fr-CA"]), 1);
  // nobody understands any: the one that the file marks
  assert.equal(preferredSound(sounds, ["it"]), 1);
  assert.equal(preferredSound([AAC, AAC], ["it"]), 0);
  assert.equal(preferredSound([], ["it"]), 0);
});

test("tags of one language are one language", () => {
  assert.deepEqual(["fr-CA", "fra", "fre", "FR"].map(baseOf), ["fr", "fr", "fr", "fr"]);
  assert.equal(baseOf("no such tag"), "no such tag");
});

test("subtitles that are pictures are drawn into the picture", () => {
  const whole = film(MP4, [H264, AAC], { size: 9e9, duration: 3600, height: 1080 });
  const way = (/** @type {Partial<Circumstances>} */ more) =>
    told(whole, { burn: "burn2", ...more });
  assert.deepEqual(way({}), ["transcode", "subtitles", null, "h264.burn2-copy"]);
  const external = way({ burn: "beside0" });
  assert.deepEqual(external, ["transcode", "subtitles", null, "h264.beside0-copy"]);
  assert.deepEqual(way({ link: 6e6 }), ["transcode", "subtitles", null, "h264.720.burn2-copy"]);
  const slow = { ...browser, smooth: false };
  assert.deepEqual(way({ browser: slow }), ["transcode", "subtitles", null, "h264.720.burn2-copy"]);
  assert.equal(way({ converts: false }), null);
  assert.equal(way({ forced: "direct" }), null);
  assert.equal(way({ forced: "remux" }), null);
  assert.equal(way({ failed: new Set(/** @type {const} */ (["transcode"])) }), null);
});
