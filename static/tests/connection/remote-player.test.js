import assert from "node:assert/strict";
import { test } from "node:test";

import { RemotePlayer } from "../../connection/remote-player.js";

test("a call that may load a medium waits longer, because it may have to be converted", async () => {
  /** @type {(number | undefined)[]} */
  const waited = [];
  const rpc = /** @type {import("../../connection/rpc.js").Rpc} */ (
    /** @type {unknown} */ ({
      call: async (/** @type {unknown[]} */ ...given) => {
        waited.push(/** @type {{ timeout?: number }} */ (given[3]).timeout);
      },
    })
  );
  const connection = /** @type {import("../../connection/connection.js").Connection} */ ({});
  const player = new RemotePlayer(connection, rpc, (topics) => topics.player("0".repeat(32)));
  for (const procedure of ["load", "seek/by", "volume"]) await player.call(procedure, {});
  await player.call("play", {}, { timeout: 5 });
  assert.deepEqual(waited, [30_000, 30_000, undefined, 5]);
});
