/** The remote's entry: wiring only. */

import { Api } from "./api.js";
import { Connection } from "./connection.js";
import { CredentialsSource } from "./credentials.js";
import { defineElements } from "./elements/index.js";
import { openMqttTransport } from "./mqtt_transport.js";
import { RemoteLinks } from "./remote_links.js";
import { RemotePage } from "./remote_page.js";
import { RemotePlayer } from "./remote_player.js";
import { Rpc } from "./rpc.js";
import { Store } from "./store.js";
import { chooseLanguage, translatePage, translator } from "./translate.js";
import { listenToWaking } from "./wake.js";

/**
 * Seconds. Short, so that by the time the page says that a call has failed with its connection, the
 * broker too has given the connection up: a network that returns cannot deliver the call then.
 */
const KEEP_ALIVE = 4;

defineElements();
const language = chooseLanguage(navigator.languages);
const translate = translator(language);
translatePage(document, language, translate);
const page = new RemotePage(document, translate);
page.mount();

const links = new RemoteLinks(new Store("zapette.remote", () => localStorage));
const link = links.choose(location.hash);
addEventListener("hashchange", () => location.reload());
if (link) follow(link);
else page.showNoLink();

/** @param {import("./remote_links.js").RemoteLink} link */
function follow(link) {
  const api = new Api(document.baseURI, fetch);
  const credentials = new CredentialsSource(() => api.credentials(link));
  const connection = new Connection({
    open: openMqttTransport,
    credentials: async () => {
      const answer = await credentials.get();
      page.role = answer.role;
      return answer;
    },
    keepAlive: KEEP_ALIVE,
  });
  const player = new RemotePlayer(connection, new Rpc(connection), (topics) =>
    topics.player(link.id),
  );
  player.changed.listen(({ state }) => {
    if (state) links.name(link.id, state.name);
  });
  connection.changed.listen((status) => {
    if (status === "refused") links.forget(link);
  });
  player.start();
  page.follow(connection, player, links.nameOf(link.id));
  connection.start();
  listenToWaking(window, () => connection.wake());
}
