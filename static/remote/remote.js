/** The remote's entry: wiring only. */

// first, so that the session starts before the modules of the controls run
import { api, connect, links, session } from "./session.js";
import { defineElements } from "../elements/index.js";
import { TabBar } from "./elements/tab-bar.js";
import { writeLink } from "../connection/links.js";
import { RemotePage } from "./remote-page.js";
import { Navigation, loadViews } from "./navigation.js";
import { chooseLanguage, translatePage, translator } from "../i18n/translate.js";
import { listenToWaking } from "../page/device/waking.js";

/**
 * @typedef {import("../connection/player-view.js").PlayerView} PlayerView
 * @typedef {NonNullable<typeof session>} RemoteSession
 */

/** Milliseconds that the controls wait for the player's state before they show that it is unknown. */
const HEAD_START = 100;
/** Milliseconds to wait for the player's name. */
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
 * Resolve once the player's state has arrived, or after a time-out.
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
  void import("./sending/shared-files.js").then(({ receiveShared }) => receiveShared());
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
  const heard = firstWord(session);
  // CONNECT leaves first if it can; the controls are built while the page waits for the answer
  await new Promise((resolve) => setTimeout(resolve));
  const { page, translate } = build();
  await heard;
  const { link, connection, player } = session;
  // so that a bookmark, or the home screen, names the player
  if (!location.hash) history.replaceState(history.state, "", writeLink(link));
  // an iPhone's home screen shares no storage with its browser, so it needs the whole address
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
  const navigation = new Navigation(document, { translate, api, links, link, connect, call });
  navigation.failed = (error) => page.tell(error);
  page.shown = (view) => navigation.show(view);
  page.follow(connection, player);
  navigation.start();
  remember(page, session);
  listenToWaking(window, () => connection.wake());
}

/**
 * Remember a link and its player's name once the player answers; after a time-out, show its last
 * known name. Reading the storage can block the page.
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
  // later, because reading localStorage blocks the page
  if (player.view.live) setTimeout(() => note(player.view), 0);
}

/**
 * Let the user type a code instead of scanning one.
 * @param {import("../i18n/translate.js").Translate} translate
 */
async function askForCode(translate) {
  const { showCodeEntry } = await loadViews();
  showCodeEntry(document, translate, api);
}
