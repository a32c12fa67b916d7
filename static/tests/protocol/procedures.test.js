import assert from "node:assert/strict";
import { test } from "node:test";

import { CallError } from "../../protocol/errors.js";
import { readParameters } from "../../protocol/messages.js";
import { bind } from "../../protocol/procedures.js";
import { vectors } from "../vectors.js";

for (const { procedure, text, repeat, values, names, length } of vectors("arguments").cases) {
  const payload = repeat ? repeat[0].repeat(repeat[1]) : text;
  test(`${procedure} ${payload.slice(0, 40)}`, () => {
    const parameters = readParameters(new TextEncoder().encode(payload));
    if (names === undefined) {
      const bound = bind(procedure, parameters);
      if (length) assert.equal(bound.name.length, length);
      else assert.deepEqual(bound, values);
      return;
    }
    assert.throws(
      () => bind(procedure, parameters),
      (error) =>
        error instanceof CallError &&
        error.code === "invalid_argument" &&
        error.message.includes(names),
    );
  });
}
