/**
 * How a medium is delivered: as its file (direct), its tracks in another container (remux), or with
 * its picture converted (transcode); no I/O.
 */

import { isDecoded } from "./codecs.js";

/** The reasons for a kind of delivery; the pages have a text for each (i18n/delivery-texts.js). */
export const REASONS = Object.freeze(
  /** @type {const} */ ([
    "plays",
    "container",
    "sound",
    "track",
    "picture",
    "link",
    "heavy",
    "failed",
    "forced",
    "silent",
    "subtitles",
  ]),
);
/** The kinds of delivery, by increasing cost for the server. */
export const KINDS = Object.freeze(/** @type {const} */ (["direct", "remux", "transcode"]));

/** The part of a link that a medium may use, because the rate of a film varies. */
const SHARE = 0.8;
/** Bits per second that a converted picture of each height needs. @type {[number, number][]} */
const HEIGHTS = [
  [1080, 8e6],
  [720, 4e6],
  [480, 2e6],
  [360, 0],
];
/** The height of a picture that is converted because the device is too slow for it. */
const EASY_HEIGHT = 720;

/**
 * @typedef {import("../../library/catalogue.js").About} About
 * @typedef {import("../../library/catalogue.js").Part} Part
 * @typedef {(typeof KINDS)[number]} Kind
 * @typedef {(typeof REASONS)[number]} Reason
 *
 * @typedef {object} Abilities what a browser reports
 * @property {(container: string) => boolean} opens
 * @property {(type: string) => boolean} plays in a file
 * @property {(type: string) => boolean} streams in Media Source Extensions
 * @property {boolean} smooth whether it decodes the medium's picture fast enough
 *
 * @typedef {object} Circumstances
 * @property {About | null} about null if the library does not know the medium
 * @property {Abilities} browser
 * @property {number | null} link bits per second that reach the player; null if unknown
 * @property {boolean} converts the server makes streams
 * @property {Kind | "auto"} forced the kind that the user chose
 * @property {number} sound number of the chosen sound track, from 0
 * @property {string | null} burn subtitle track to draw into the picture, by its name in a plan:
 *   `burn1`; null for none
 * @property {ReadonlySet<Kind>} failed the kinds that failed
 *
 * @typedef {object} Delivery
 * @property {Kind} kind
 * @property {Reason} reason
 * @property {string | null} codec that the reason is about, by its usual name
 * @property {string} plan of the server's stream; empty for `direct`
 *
 * @typedef {object} Obstacle why a medium is not delivered as its file
 * @property {Reason} reason
 * @property {string | null} codec
 */

/**
 * Return how to deliver a medium; null if its picture needs a conversion that the server does not
 * make, or the chosen kind is impossible.
 * @param {Circumstances} given
 * @returns {Delivery | null}
 */
export function decide(given) {
  const { burn, forced, converts, failed } = given;
  if (burn !== null && (forced === "direct" || !converts)) return null;
  if (forced === "direct") return direct("forced");
  const obstacle = obstacleOf(given);
  if (!converts) return unconverted(given, obstacle);
  if (forced === "auto" && !obstacle) return direct("plays");
  if (failed.has("transcode")) return null;
  const why = forced === "auto" && obstacle ? obstacle : { reason: "forced", codec: null };
  const picture = pictureOf(given);
  if (forced === "remux" && picture !== "copy" && picture !== "none") return null;
  return stream(given, picture, /** @type {Obstacle} */ (why));
}

/**
 * Return the number of the first sound track to play: in the preferred language and not a
 * commentary, otherwise the file's default.
 * @param {readonly Part[]} sounds
 * @param {readonly string[]} languages as BCP 47 tags, by preference
 */
export function preferredSound(sounds, languages) {
  const main = sounds.filter(({ title }) => !title || !SECONDARY.test(title));
  for (const wanted of languages.map(baseOf)) {
    const spoken = main.filter(({ language }) => language && baseOf(language) === wanted);
    const found = spoken.find((sound) => sound.default) || spoken[0];
    if (found) return sounds.indexOf(found);
  }
  const marked = sounds.findIndex((sound) => sound.default);
  return Math.max(0, marked);
}

/** Titles of commentaries and audio descriptions. */
const SECONDARY = /comment|descri/i;

/**
 * Return the language of a tag in its shortest form: `fr` for `fra`, `fre` and `fr-CA`.
 * @param {string} tag
 */
export function baseOf(tag) {
  const [base] = tag.toLowerCase().split(/[-_]/);
  try {
    return Intl.getCanonicalLocales(base)[0].split("-")[0];
  } catch {
    return base;
  }
}

/** @param {About | null} about */
export function soundsOf(about) {
  return (about?.tracks ?? []).filter(({ kind }) => kind === "audio");
}

/** @param {About | null} about */
function picturesOf(about) {
  return (about?.tracks ?? []).filter(({ kind }) => kind === "video");
}

/**
 * @param {Reason} reason
 * @param {string | null} [codec]
 * @returns {Delivery}
 */
function direct(reason, codec = null) {
  return { kind: "direct", reason, codec, plan: "" };
}

/**
 * Return why a medium cannot be delivered as its file; null if it can.
 * @param {Circumstances} given
 * @returns {Obstacle | null}
 */
function obstacleOf({ about, browser, burn, link, sound, failed }) {
  if (burn !== null) return obstacle("subtitles");
  if (failed.has("direct")) return obstacle("failed");
  if (!about || about.tracks.length === 0) return null;
  const pictures = picturesOf(about);
  const decoded = (/** @type {Part} */ part) => isDecoded(part, browser.plays);
  if (pictures.length && !pictures.some(decoded)) return obstacle("picture", pictures[0]);
  if (isTooMuch(about, link)) return obstacle("link");
  const heard = soundsOf(about)[sound];
  if (heard && !decoded(heard)) return obstacle("sound", heard);
  if (!browser.opens(about.type.split(";")[0].trim())) return obstacle("container");
  // browsers play the first of several sound tracks
  if (sound > 0) return obstacle("track");
  return isHeavy(about, browser) ? obstacle("heavy") : null;
}

/**
 * @param {Reason} reason
 * @param {Part | null} [part]
 * @returns {Obstacle}
 */
function obstacle(reason, part = null) {
  return { reason, codec: part && part.name };
}

/**
 * Return how a server that converts nothing delivers a medium; null if its picture would not show.
 * @param {Circumstances} given
 * @param {Obstacle | null} found
 */
function unconverted({ about, browser, forced, failed }, found) {
  if (forced !== "auto" || failed.has("direct") || found?.reason === "picture") return null;
  const sounds = soundsOf(about);
  const heard = sounds.some((sound) => isDecoded(sound, browser.plays));
  return sounds.length && !heard ? direct("silent", sounds[0].name) : direct("plays");
}

/**
 * Return the picture part of a stream's plan: `copy`, `none`, `h264`, or with a height and subtitles
 * `h264.720.burn1`.
 * @param {Circumstances} given
 */
function pictureOf({ about, browser, burn, link, forced, failed }) {
  const [picture] = picturesOf(about);
  if (!picture) return soundsOf(about).length ? "none" : "h264";
  const burnt = burn === null ? "" : `.${burn}`;
  if (isTooMuch(about, link) && forced === "auto") {
    return `h264.${heightFor(about, link)}${burnt}`;
  }
  if (isHeavy(about, browser) && forced === "auto") return `h264.${EASY_HEIGHT}${burnt}`;
  const copied =
    !burnt &&
    forced !== "transcode" &&
    !failed.has("remux") &&
    browser.streams(`video/mp4; codecs="${picture.codec}"`);
  return copied ? "copy" : `h264${burnt}`;
}

/**
 * @param {Circumstances} given
 * @param {string} picture
 * @param {Obstacle} why
 * @returns {Delivery}
 */
function stream({ about, browser, forced, failed }, picture, why) {
  const sounds = soundsOf(about);
  // Firefox reports MP3 in MP4 as playable, but does not play it
  const taken = sounds.every(
    ({ codec }) => codec !== "mp3" && browser.streams(`audio/mp4; codecs="${codec}"`),
  );
  const known = about !== null && about.tracks.length > 0;
  const copied = known && taken && !failed.has("remux") && forced !== "transcode";
  const sound = known && !sounds.length ? "none" : copied ? "copy" : "aac";
  const kind = picture.startsWith("h264") ? "transcode" : "remux";
  const [first] = picturesOf(about);
  // a container that is not opened does not matter if the picture is converted anyway
  const converted = kind === "transcode" && ["container", "sound", "track"].includes(why.reason);
  const { reason, codec } = converted && first ? obstacle("picture", first) : why;
  return { kind, reason, codec, plan: `${picture}-${sound}` };
}

/**
 * Return whether the device is too slow for a picture that a conversion would make smaller.
 * @param {About | null} about
 * @param {Abilities} browser
 */
function isHeavy(about, browser) {
  return !browser.smooth && (about?.height ?? 0) > EASY_HEIGHT;
}

/**
 * @param {About | null} about
 * @param {number | null} link
 */
function isTooMuch(about, link) {
  const rate = rateOf(about);
  return link !== null && rate !== null && rate > link * SHARE;
}

/**
 * Return the bits per second of a medium; null if unknown.
 * @param {About | null} about
 */
export function rateOf(about) {
  return about?.size && about.duration ? (about.size * 8) / about.duration : null;
}

/**
 * Return the greatest height that the link carries, at most the picture's own.
 * @param {About | null} about
 * @param {number | null} link
 */
function heightFor(about, link) {
  const own = about?.height || Infinity;
  const fitting = HEIGHTS.find(([height, rate]) => height <= own && rate <= (link ?? 0) * SHARE);
  return (fitting || HEIGHTS[HEIGHTS.length - 1])[0];
}
