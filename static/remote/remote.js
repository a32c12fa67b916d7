/** The remote's entry: wiring only. */

// First of all, so that the session begins before the modules of the controls are run.
import { api, connect, links, session } from "./session.js";
import { defineElements } from "../elements/index.js";
import { TabBar } from "./elements/tab-bar.js";
import { writeLink } from "../connection/links.js";
import { RemotePage } from "./remote-page.js";
import { RemoteViews } from "./views.js";
import { chooseLanguage, translatePage, translator } from "../i18n/translate.js";
import { listenToWaking } from "../page/waking.js";

/**
 * @typedef {import("../connection/player-view.js").PlayerView} PlayerView
 * @typedef {NonNullable<typeof session>} RemoteSession
 */

/**
 * Milliseconds that the controls wait for the player's state. To build them keeps the page's only
 * thread busy, so that the answer would wait; and they would be laid out twice.
 */
const HEAD_START = 100;
/** Milliseconds that a player has to say what it is called. */
const UNHURRIED = 500;

addEventListener("hashchange", () => location.reload());
if (matchMedia("(display-mode: standalone)").matches) receive();
else addEventListener("appinstalled", receive);
if (session) void follow(session);
else {
  const { page, translate } = build();
  page.showNoLink();
  void askForCode(translate);
}

/**
 * Resolve when the player has told its state, or is long in telling it.
 * @param {RemoteSession} session
 * @returns {Promise<void>}
 */
function firstWord({ player }) {
  return new Promise((resolve) => {
    setTimeout(resolve, HEAD_START);
    player.changed.listen(({ live }) => {
      if (live) resolve();
    });
  });
}

/** Let other apps share with the installed remote. */
function receive() {
  void import("./shared-files.js").then(({ receiveShared }) => receiveShared());
}

/** Build the controls. */
function build() {
  defineElements({ "tab-bar": TabBar });
  const language = chooseLanguage(navigator.languages);
  const translate = translator(language);
  translatePage(document, language, translate);
  const page = new RemotePage(document, translate);
  page.mount();
  return { page, translate };
}

/** @param {RemoteSession} session */
async function follow(session) {
  await firstWord(session);
  const { page, translate } = build();
  const { link, connection, player } = session;
  // So that what a person bookmarks, or puts on the home screen, names the player.
  if (!location.hash) history.replaceState(history.state, "", writeLink(link));
  // An iPhone's home screen shares no storage with its browser: it needs the whole address.
  if ("standalone" in navigator) document.querySelector("link[rel=manifest]")?.remove();
  const refuse = () => {
    if (connection.status !== "refused") return;
    links.forget(link);
    void askForCode(translate);
  };
  connection.changed.listen(refuse);
  refuse();
  const call = (/** @type {string} */ procedure, /** @type {Record<string, unknown>} */ given) =>
    player.call(procedure, given);
  const views = new RemoteViews(document, { translate, api, links, link, connect, call });
  views.failed = (error) => page.tell(error);
  page.shown = (view) => views.show(view);
  page.follow(connection, player);
  views.start();
  remember(page, session);
  listenToWaking(window, () => connection.wake());
}

/**
 * Remember a link, and what its player is called, once the player is there; if it is long in coming,
 * say what it was called last time. To look at what is stored can hold the page up.
 * @param {RemotePage} page
 * @param {RemoteSession} session
 */
function remember(page, { link, connection, player }) {
  const timer = setTimeout(() => {
    if (connection.status === "refused") return;
    links.remember(link);
    page.nameIfUnknown(links.nameOf(link.id));
  }, UNHURRIED);
  let known = false;
  const note = (/** @type {PlayerView} */ { state, live }) => {
    if (!state || !live) return;
    clearTimeout(timer);
    if (!known) links.remember(link);
    known = true;
    links.name(link.id, state.name);
  };
  player.changed.listen(note);
  // Later, because to ask localStorage makes the page wait.
  if (player.view.live) setTimeout(() => note(player.view), 0);
}

/**
 * Let the person type a code in place of scanning one.
 * @param {import("../i18n/translate.js").Translate} translate
 */
async function askForCode(translate) {
  const { showCodeEntry } = await import("./late-views.js");
  showCodeEntry(document, translate, api);
}
