/** The remote's link and its session, before there are controls. */

import { Api } from "../connection/api.js";
import { Connection } from "../connection/connection.js";
import { CredentialsSource } from "../connection/credentials.js";
import { takeOver, takeOverSocket } from "../connection/early-answer.js";
import { dial, openMqttTransport } from "../mqtt/transport.js";
import { RemoteLinks } from "../connection/links.js";
import { RemotePlayer } from "../connection/remote-player.js";
import { Rpc } from "../connection/rpc.js";
import { Store } from "../page/store.js";

/**
 * @typedef {import("../connection/links.js").RemoteLink} RemoteLink
 */

/**
 * Seconds; short, so that when the page reports a call that failed with its connection, the broker
 * has ended the connection too, and the call cannot arrive later.
 */
const KEEP_ALIVE = 4;

export const api = new Api(document.baseURI, takeOver(fetch, window.zapetteEarly));
export const links = new RemoteLinks(new Store("zapette.remote", () => localStorage));
const reach = takeOverSocket(dial, window.zapetteEarly);
const link = links.choose(location.hash);
/** The session with the player of the opened link; null if no link was ever opened. */
export const session = link && begin(link);

/**
 * Return a connection with the rights of a link, not started yet.
 * @param {RemoteLink} link
 * @param {{ lasting?: boolean }} [options] `lasting`: until the page closes
 */
export function connect(link, { lasting = false } = {}) {
  const credentials = new CredentialsSource(() => api.credentials(link), { lasting });
  return new Connection({
    open: (options, listener) => openMqttTransport(options, listener, reach),
    credentials: () => credentials.get(),
    keepAlive: KEEP_ALIVE,
  });
}

/** @param {RemoteLink} link */
function begin(link) {
  const connection = connect(link, { lasting: true });
  const player = new RemotePlayer(connection, new Rpc(connection), (topics) =>
    topics.player(link.id),
  );
  player.start();
  connection.start();
  return { link, connection, player };
}
