import assert from "node:assert/strict";
import { test } from "node:test";

import { TopicError } from "../../protocol/errors.js";
import { Callee, Topics, isPlayerId, isProcedure, isToken } from "../../protocol/topics.js";
import { vectors } from "../vectors.js";

const shared = vectors("topics");
const callee = new Callee(shared.root);

test("topics are built as the contract says", () => {
  for (const [how, topic] of Object.entries(shared.build)) {
    const [kind, ...rest] = how.split(" ");
    const member = Reflect.get(callee, kind);
    assert.equal(typeof member === "function" ? member.apply(callee, rest) : member, topic, how);
  }
});

for (const { topic, procedure, caller, call } of shared.parse) {
  test(`parse ${topic}`, () => {
    const expected =
      procedure === null ? null : { procedure, caller: caller || null, call: call || null };
    assert.deepEqual(callee.parse(`${shared.root}/${topic}`), expected);
  });
}

for (const { topic, response_topic, answer } of shared.answers) {
  test(`${topic} with Response Topic ${response_topic} is answered on ${answer}`, () => {
    const request = callee.parse(`${shared.root}/${topic}`);
    assert.ok(request);
    const below = (/** @type {string | null} */ rest) => rest && `${shared.root}/${rest}`;
    assert.equal(callee.answersTo(request, below(response_topic)), below(answer));
  });
}

test("a Response Topic of another callee is not honoured", () => {
  const request = callee.parse(`${shared.root}/command/status`);
  assert.ok(request);
  const other = shared.root.replace("0123", "ffff");
  assert.equal(callee.answersTo(request, `${other}/response/cli/1`), null);
  assert.equal(callee.parse(`${shared.root}0/command/status`), null);
});

test("names", () => {
  for (const id of shared.player_ids.valid) assert.ok(isPlayerId(id), id);
  for (const id of shared.player_ids.invalid) assert.ok(!isPlayerId(id), id);
  for (const name of shared.procedures.valid) assert.ok(isProcedure(name), name);
  for (const name of shared.procedures.invalid) assert.ok(!isProcedure(name), name);
  for (const token of shared.tokens.valid) assert.ok(isToken(token), token);
  for (const token of shared.tokens.invalid) assert.ok(!isToken(token), token);
  for (const name of shared.services.valid) {
    assert.equal(new Topics().service(name).root, `zapette/services/${name}`);
  }
  for (const base of shared.bases.valid) {
    assert.equal(new Topics(base).server.root, `${base}/server`);
  }
});

test("a wrong name is refused where a topic is built", () => {
  assert.throws(() => callee.command("Play"), TopicError);
  for (const token of shared.tokens.invalid) {
    assert.throws(() => callee.request(token, "1", "play"), TopicError, token);
    assert.throws(() => callee.response("cli", token), TopicError, token);
  }
  assert.throws(() => new Topics().player("x"), TopicError);
  for (const name of shared.services.invalid) {
    assert.throws(() => new Topics().service(name), TopicError, name);
  }
  for (const base of shared.bases.invalid) {
    assert.throws(() => new Topics(base), TopicError, base);
  }
});

test("the base topic may have several levels", () => {
  assert.equal(new Topics("home/tv").server.availability, "home/tv/server/availability");
  assert.equal(new Topics().service("clock").requests, "zapette/services/clock/request/#");
});
