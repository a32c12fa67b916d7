import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

import { ApiError, CALL_ERRORS, CallError } from "../../protocol/errors.js";
import { describeError, detailOf, flawText } from "../../i18n/error-texts.js";
import { en } from "../../i18n/en.js";
import { fr } from "../../i18n/fr.js";
import { chooseLanguage, translator } from "../../i18n/translate.js";

const ROOT = new URL("../../", import.meta.url);
const TEMPLATES = new URL("../../../webapp/zapette_webapp/templates/", import.meta.url);
/** What is no source of a page, and the texts themselves. */
const OTHERS = /^(?:node_modules|dist|tests)\/|^i18n\/(?:en|fr)\.js$/;

/**
 * @param {URL} folder
 * @param {RegExp} names
 */
function texts(folder, names) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => names.test(name) && !OTHERS.test(name))
    .map((name) => readFileSync(new URL(name, folder), "utf8"));
}

const sources = [...texts(ROOT, /\.js$/), ...texts(TEMPLATES, /\.html$/)].join("\n");

test("both languages have the same texts, with the same gaps", () => {
  assert.deepEqual(Object.keys(fr), Object.keys(en));
  for (const [key, text] of Object.entries(en)) {
    const translation = fr[/** @type {keyof typeof en} */ (key)];
    assert.ok(text && translation, key);
    assert.deepEqual(translation.match(/\{\w+\}/g), text.match(/\{\w+\}/g), key);
  }
});

test("every text is used", () => {
  const unused = Object.keys(en).filter((key) => !sources.includes(`"${key}"`));
  assert.deepEqual(unused, []);
});

test("every text that is used is there", () => {
  const used = [...sources.matchAll(/(?:translate\(|data-(?:text|label)=)"([^"]+)"/g)];
  assert.ok(used.length > 10);
  const missing = used.map(([, key]) => key).filter((key) => !(key in en));
  assert.deepEqual(missing, []);
});

/**
 * Return what a browser that is too old for the pages is told by supported.js.
 * @param {string} language
 */
function toldToOldBrowser(language) {
  /** @type {string[]} */
  const told = [];
  const node = { setAttribute() {}, appendChild() {}, insertBefore() {}, firstChild: null };
  const document = {
    body: node,
    createElement: () => ({ ...node }),
    createTextNode: (/** @type {string} */ text) => told.push(text),
  };
  const script = readFileSync(new URL("page/supported.js", ROOT), "utf8");
  runInNewContext(script, { document, window: {}, navigator: { language } });
  assert.equal(told.length, 1);
  return told[0];
}

test("French is typeset as French is: its signs never begin a line, nor do its quotes end one", () => {
  const wrong = /[ \u00a0][:;!?»%]|[^\s\u202f…][;!?»%]|[\p{L}\d})]:(?!\/)|« |«(?!\u202f)/u;
  const told = { ...fr, "supported.js": toldToOldBrowser("fr-CA") };
  assert.match(told["supported.js"], /trop ancien/);
  const texts = Object.entries(told).filter(([, text]) => wrong.test(text));
  assert.deepEqual(texts, []);
  // It would be noticed.
  for (const text of ["Quoi ?", "Quoi?", "« a »", "a: b", "40 %", "fini\u00a0!"]) {
    assert.match(text, wrong);
  }
});

test("no French text is the English one, but for words that both languages have", () => {
  const both = ["Pause", "Volume", "Position", "Options", "…", "{minutes} min"];
  const same = Object.entries(en).filter(
    ([key, text]) => fr[/** @type {keyof typeof en} */ (key)] === text && !both.includes(text),
  );
  assert.deepEqual(same, []);
});

test("an old browser is told so in its person's language", () => {
  const [english, french] = ["en-GB", "FR"].map(toldToOldBrowser);
  assert.match(english, /too old/);
  assert.notEqual(french, english);
  assert.deepEqual(french.match(/\d+(?:\.\d+)?/g), english.match(/\d+(?:\.\d+)?/g));
  assert.equal(toldToOldBrowser("de"), english);
});

test("the language is the first one known of those the person wants", () => {
  assert.equal(chooseLanguage(["de-DE", "fr-CA", "en"]), "fr");
  assert.equal(chooseLanguage(["FR"]), "fr");
  assert.equal(chooseLanguage(["de"]), "en");
  assert.equal(chooseLanguage(["constructor"]), "en");
  assert.equal(chooseLanguage([]), "en");
});

test("values are put into a text", () => {
  const words = { position: "0:10", duration: "$&" };
  assert.equal(translator("fr")("control.position_of", words), "0:10 sur $&");
});

test("every error of the contract is told in words", () => {
  const translate = translator("en");
  const told = CALL_ERRORS.map((code) => describeError(new CallError(code, "why"), translate).text);
  assert.equal(new Set(told).size, CALL_ERRORS.length);
  assert.deepEqual(describeError(new CallError("on_fire", "hot"), translate), {
    text: "Something went wrong.",
    detail: "hot",
  });
  assert.equal(describeError(new CallError("timeout", "x"), translate).detail, "");
});

test("a database that does not answer is told apart from a lost connection", () => {
  const told = (/** @type {string} */ reason) =>
    describeError(new ApiError("unavailable", "x", 503, { reason }), translator("fr"));
  assert.deepEqual(told("database_silent"), {
    text: "La base de données du serveur ne répond pas.",
    detail: "",
  });
  assert.match(told("database_unusable").text, /journal/);
  assert.match(told("").text, /Pas de connexion/);
});

test("a reason is told in the person's language, and never English words to others", () => {
  const lost = new CallError("media_error", "a.webm: it is damaged", "damaged");
  assert.match(describeError(lost, translator("fr")).detail, /abîmé/);
  assert.match(describeError(lost, translator("en")).detail, /damaged/);
  const level = new CallError("invalid_argument", "level: a number from 0 to 100 is needed");
  assert.equal(describeError(level, translator("fr")).detail, "");
  assert.equal(describeError(level, translator("en")).detail, level.message);
  const reported = { code: "media_error", message: "a.webm: gone", reason: "unknown" };
  assert.match(detailOf(reported, translator("fr")), /Introuvable/);
  assert.equal(detailOf({ code: "media_error", message: "old player" }, translator("fr")), "");
});

test("why a file cannot be played has a text, also if a newer server says it", () => {
  assert.equal(translator("en")(flawText("cut_off")), "Incomplete file");
  assert.equal(translator("fr")(flawText("cut_off")), "Fichier incomplet");
  assert.equal(flawText("on_fire"), "flaw.unreadable");
});
