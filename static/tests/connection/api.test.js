import assert from "node:assert/strict";
import { test } from "node:test";

import { Api } from "../../connection/api.js";
import { ApiError } from "../../protocol/errors.js";

/**
 * Return the error of a request that is answered so.
 * @param {number} status
 * @param {string} body
 * @returns {Promise<ApiError>}
 */
async function refusal(status, body) {
  const answer = new Response(body, { status });
  const api = new Api("http://localhost/tv/", async () => answer);
  const error = await api.credentials({ id: "a", key: "b" }).catch((error) => error);
  assert.ok(error instanceof ApiError);
  return error;
}

test("only the server refuses for good, not a proxy that answers in its place", async () => {
  const wrong = await refusal(403, JSON.stringify({ code: "wrong_key", detail: "no" }));
  assert.deepEqual([wrong.code, wrong.passing], ["wrong_key", false]);
  for (const [status, body] of /** @type {[number, string][]} */ ([
    [404, "404 page not found"],
    [401, "<html></html>"],
    [403, "{}"],
    [502, ""],
  ])) {
    const passed = await refusal(status, body);
    assert.deepEqual([passed.code, passed.status, passed.passing], ["unavailable", status, true]);
  }
});
