/** The remote's entry: wiring only. */

import { Api } from "./api.js";
import { Connection } from "./connection.js";
import { CredentialsSource } from "./credentials.js";
import { takeOver, takeOverSocket } from "./early_answer.js";
import { defineElements } from "./elements/index.js";
import { TabBar } from "./elements/tab-bar.js";
import { dial, openMqttTransport } from "./mqtt_transport.js";
import { RemoteLinks, writeLink } from "./remote_links.js";
import { RemotePage } from "./remote_page.js";
import { RemotePlayer } from "./remote_player.js";
import { RemoteViews } from "./remote_views.js";
import { Rpc } from "./rpc.js";
import { Store } from "./store.js";
import { chooseLanguage, translatePage, translator } from "./translate.js";
import { listenToWaking } from "./wake.js";

/**
 * @typedef {import("./api.js").Credentials} Credentials
 * @typedef {import("./remote_links.js").RemoteLink} RemoteLink
 */

/**
 * Seconds. Short, so that by the time the page says that a call has failed with its connection, the
 * broker too has given the connection up: a network that returns cannot deliver the call then.
 */
const KEEP_ALIVE = 4;
/** Milliseconds that a player has to say what it is called. */
const UNHURRIED = 500;

defineElements({ "tab-bar": TabBar });
const language = chooseLanguage(navigator.languages);
const translate = translator(language);
translatePage(document, language, translate);
const page = new RemotePage(document, translate);
page.mount();

const api = new Api(document.baseURI, takeOver(fetch, window.zapetteEarly));
const links = new RemoteLinks(new Store("zapette.remote", () => localStorage));
const link = links.choose(location.hash);
const reach = takeOverSocket(dial, window.zapetteEarly);
addEventListener("hashchange", () => location.reload());
if (link) follow(link);
else {
  page.showNoLink();
  void askForCode();
}

/** @param {RemoteLink} link */
function follow(link) {
  // So that what a person bookmarks, or puts on the home screen, names the player.
  if (!location.hash) history.replaceState(null, "", writeLink(link));
  const connection = connect(link, ({ role }) => {
    page.role = role;
  });
  const player = new RemotePlayer(connection, new Rpc(connection), (topics) =>
    topics.player(link.id),
  );
  connection.changed.listen((status) => {
    if (status !== "refused") return;
    links.forget(link);
    void askForCode();
  });
  player.start();
  const call = (/** @type {string} */ procedure, /** @type {Record<string, unknown>} */ given) =>
    player.call(procedure, given);
  const views = new RemoteViews(document, { translate, api, links, link, connect, call });
  views.failed = (error) => page.tell(error);
  page.shown = (view) => views.show(view);
  page.follow(connection, player);
  connection.start();
  views.start();
  remember(link, connection, player);
  listenToWaking(window, () => connection.wake());
}

/**
 * Remember a link, and what its player is called, once the player is there; if it is long in coming,
 * say what it was called last time. To look at what is stored can hold the page up.
 * @param {RemoteLink} link
 * @param {Connection} connection
 * @param {RemotePlayer} player
 */
function remember(link, connection, player) {
  const timer = setTimeout(() => {
    if (connection.status === "refused") return;
    links.remember(link);
    page.nameIfUnknown(links.nameOf(link.id));
  }, UNHURRIED);
  let known = false;
  player.changed.listen(({ state, live }) => {
    if (!state || !live) return;
    clearTimeout(timer);
    if (!known) links.remember(link);
    known = true;
    links.name(link.id, state.name);
  });
}

/**
 * Return a connection with the rights of a link, not started yet.
 * @param {RemoteLink} link
 * @param {(credentials: Credentials) => void} [told] what the server answered
 */
function connect(link, told = () => {}) {
  const credentials = new CredentialsSource(() => api.credentials(link));
  return new Connection({
    open: (options, listener) => openMqttTransport(options, listener, reach),
    credentials: async () => {
      const answer = await credentials.get();
      told(answer);
      return answer;
    },
    keepAlive: KEEP_ALIVE,
  });
}

/** Let the person type a code in place of scanning one. */
async function askForCode() {
  const { showCodeEntry } = await import("./code_entry_page.js");
  showCodeEntry(document, translate, api);
}
