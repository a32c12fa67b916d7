import assert from "node:assert/strict";
import { test } from "node:test";

import { REASONS } from "../../media/delivery/decision.js";
import { CALL_ERRORS, MEDIA_REASONS } from "../../protocol/errors.js";
import { LONGEST_TITLE, MOST_CHAPTERS } from "../../protocol/chapters.js";
import { MAX_PARAMETERS } from "../../protocol/messages.js";
import * as sheet from "../../elements/seeking/preview-picture.js";
import { NEAR } from "../../playback/move.js";
import { MOST as MOST_WATCHED } from "../../playback/watched.js";
import { resumeAt } from "../../playback/resume-positions.js";
import { ProcedureHandlers } from "../../player/procedure-handlers.js";
import { DOUBTFUL, EVENTS, PlayerVoice } from "../../player/state/voice.js";
import { PROCEDURES } from "../../protocol/procedures.js";
import { ENTRIES, RATES } from "../../protocol/ranges.js";
import { MOST_ITEMS } from "../../playback/queue.js";
import * as upload from "../../remote/sending/upload.js";
import { OF_GUESTS } from "../../remote/rights.js";
import { LOADING, LOADS } from "../../connection/remote-player.js";
import { EXPIRY } from "../../connection/rpc.js";
import { INTERVAL } from "../../events/throttle.js";
import { Topics } from "../../protocol/topics.js";
import { assertType } from "../shapes.js";
import { vectors } from "../vectors.js";

/**
 * @typedef {object} Told
 * @property {string} topic
 * @property {{ retain: boolean, qos: number }} options
 */

const { player: procedures } = vectors("procedures");

test("the procedures, and what each takes", () => {
  const declared = Object.entries(PROCEDURES).map(([name, parameters]) => [
    name,
    { ...procedures[name], parameters },
  ]);
  assert.deepEqual(Object.fromEntries(declared), procedures);
});

test("which procedures may load a medium", () => {
  const loading = Object.keys(procedures).filter((name) => procedures[name].loads);
  assert.deepEqual(Array.from(LOADS).sort(), loading.sort());
});

/** @type {Record<PropertyKey, unknown>} */
const KNOWN = { places: [], watched: [], then: undefined, [Symbol.toPrimitive]: () => 1 };
/** @type {any} has and does anything */
const anything = new Proxy(() => anything, {
  get: (_, name) => (name in KNOWN ? KNOWN[name] : anything),
});
const STATE = /** @type {any} */ ({ version: 1 });
const offered = new ProcedureHandlers(anything).all(() => STATE);

test("the player offers every procedure, and no other", () => {
  assert.deepEqual(Array.from(offered.keys()).sort(), Object.keys(procedures).sort());
});

/** @type {Record<string, unknown>} */
const GIVEN = { text: "x", number: 60, whole: 0, boolean: true, track: "a", texts: [] };

for (const [name, { parameters, answers }] of Object.entries(procedures)) {
  test(`${name} answers the ${answers}`, async () => {
    const run = offered.get(name);
    assert.ok(run);
    const positional = parameters.map(
      (
        /** @type {import("../../protocol/procedures.js").Parameter} */ {
          type,
          most = 60,
          choices,
        },
      ) => (choices ? choices[0] : type === "number" ? Math.min(most, 60) : GIVEN[type]),
    );
    const answer = await run({ positional, named: {} });
    if (answers === "state") assert.equal(answer, STATE);
    else assertType(answer, answers);
  });
}

test("the errors, and the reasons of a media error", () => {
  const { callee, caller, media_error } = vectors("errors");
  assert.deepEqual(CALL_ERRORS, [...callee, ...caller]);
  assert.deepEqual(MEDIA_REASONS, media_error);
});

test("why a medium comes as it does", () => {
  assert.deepEqual(REASONS, vectors("state").stream_reasons);
});

test("the errors of the web server", () => {
  /** @type {Record<import("../../protocol/errors.js").ApiErrorCode, true>} */
  const known = {
    invalid_request: true,
    invalid_id: true,
    unauthorized: true,
    waiting: true,
    wrong_key: true,
    wrong_code: true,
    turned_out: true,
    not_found: true,
    method_not_allowed: true,
    request_timeout: true,
    conflict: true,
    misdirected_request: true,
    requested_range_not_satisfiable: true,
    media_error: true,
    empty: true,
    cut_off: true,
    encrypted: true,
    text: true,
    unknown_format: true,
    unreadable: true,
    damaged: true,
    no_ffmpeg: true,
    conversion_off: true,
    conversions_full: true,
    not_for_guests: true,
    uploads_off: true,
    too_large: true,
    no_room: true,
    too_many_requests: true,
    runtime_error: true,
    not_implemented: true,
    unavailable: true,
    http_version_not_supported: true,
  };
  assert.deepEqual(Object.keys(known), Object.keys(vectors("errors").http));
});

test("what a guest may call", () => {
  const { publish } = vectors("rights").guest;
  const topics = OF_GUESTS.map((procedure) => `{P}/request/{me}/+/${procedure}`);
  assert.deepEqual(topics, publish);
});

test("the events", () => {
  assert.deepEqual(EVENTS, Object.keys(vectors("events").events));
});

test("what the player says unasked is retained, and is sent again, as the contract says", () => {
  /** @type {Told[]} */
  const told = [];
  const player = new Topics().player("0".repeat(32));
  const publish = async (
    /** @type {string} */ topic,
    /** @type {any} */ _,
    /** @type {any} */ options,
  ) => void told.push({ topic, options });
  const connection = /** @type {any} */ ({ session: { topics: new Topics() }, publish });
  const voice = new PlayerVoice(connection, () => player);
  voice.online();
  voice.state(STATE);
  voice.event("play", {});
  const will = PlayerVoice.will(player);
  const { messages } = vectors("topics");
  const wanted = ["availability", "state", "event/<name>", "availability"].map(
    (name) => messages[name],
  );
  const all = [...told, { topic: will.topic, options: will }];
  assert.deepEqual(
    all.map(({ options }) => ({ retained: options.retain, qos: [options.qos] })),
    wanted,
  );
  assert.deepEqual(
    all.map(({ topic }) => topic.replace(`${player.root}/`, "")),
    ["availability", "state", "event/play", "availability"],
  );
});

test("what other clients do alike", () => {
  const { description } = vectors("alike");
  const told = {
    description,
    rates: RATES,
    move_within_seconds: NEAR,
    upload: {
      first_part_bytes: upload.FIRST,
      least_part_bytes: upload.LEAST,
      quick_seconds: upload.QUICK / 1000,
      longest_pause_seconds: upload.LONGEST_PAUSE / 1000,
      tries: upload.TRIES,
    },
    sheet: {
      columns: sheet.COLUMNS,
      count: sheet.COUNT,
      width: sheet.WIDTH,
      height: sheet.HEIGHT,
    },
  };
  assert.deepEqual(told, vectors("alike"));
});

test("sizes and times", () => {
  const place = { source: "a", title: "A", poster: null, position: 100, at: 0 };
  const resumed = (/** @type {number} */ duration) => resumeAt([{ ...place, duration }], "a") > 0;
  const limits = vectors("limits");
  assert.deepEqual(
    {
      description: limits.description,
      parameters_bytes: MAX_PARAMETERS,
      queue_items: MOST_ITEMS,
      watched: MOST_WATCHED,
      chapters: MOST_CHAPTERS,
      chapter_title: LONGEST_TITLE,
      library_entries: ENTRIES.most,
      call_expiry_seconds: EXPIRY,
      loading_seconds: LOADING / 1000,
      states_per_second: 1000 / INTERVAL,
      resumed_seconds: [299, 300, 301].find(resumed),
      doubtful_seconds: DOUBTFUL / 1000,
    },
    limits,
  );
});
