import "./browser-globals.js";

import { Backoff } from "../connection/backoff.js";
import { Connection } from "../connection/connection.js";
import { openMqttTransport } from "../mqtt/transport.js";
import { Rpc } from "../connection/rpc.js";

/** @typedef {import("../protocol/topics.js").Topics} Topics */

export const SILENT = { error: () => {}, debug: () => {} };

let clients = 0;

/**
 * Return a new connection to `url`, not started.
 * @param {string} url
 * @param {4 | 5} [version] the highest to try
 */
export function connectionTo(url, version = 5) {
  clients += 1;
  const client_id = `test-${process.pid}-${clients}`;
  return new Connection({
    open: (options, listener) =>
      openMqttTransport(
        { ...options, version: /** @type {4 | 5} */ (Math.min(version, options.version)) },
        listener,
      ),
    credentials: async () => ({
      role: "remote",
      url,
      client_id,
      username: "",
      password: "",
      expires_at: Date.now() / 1000 + 60,
      base_topic: "zapette",
    }),
    keepAlive: 10,
    backoff: new Backoff({ first: 20, longest: 100 }),
  });
}

/**
 * Return a started connection with its Rpc, once it is live.
 * @param {string} url
 * @param {4 | 5} [version]
 * @param {ConstructorParameters<typeof Rpc>[1]} [options]
 */
export async function client(url, version = 5, options = {}) {
  const connection = connectionTo(url, version);
  const rpc = new Rpc(connection, { log: SILENT, ...options });
  connection.start();
  await live(connection);
  return { connection, rpc };
}

/** @param {Connection} connection */
export async function live(connection) {
  if (connection.status === "live") return;
  await new Promise((resolve) => {
    const forget = connection.changed.listen((status) => {
      if (status !== "live") return;
      forget();
      resolve(undefined);
    });
  });
}
