/** The player's entry: wiring only. */

import { AddressOffer } from "./address-offer.js";
import { Admission } from "./identity/admission.js";
import { Api } from "../connection/api.js";
import { Catalogue } from "../library/catalogue.js";
import { Connection } from "../connection/connection.js";
import { CredentialsSource } from "../connection/credentials.js";
import { Devices } from "./devices.js";
import { defineElements } from "../elements/index.js";
import { Fullscreen } from "../page/device/fullscreen.js";
import { Later } from "../page/later.js";
import { Media } from "../media/media.js";
import { SystemControls } from "./system-controls.js";
import { openMqttTransport } from "../mqtt/transport.js";
import { PictureRenewal } from "../playback/picture-renewal.js";
import { Playback } from "../playback/playback.js";
import { PlayerIdentity } from "./identity/identity.js";
import { PlayerName } from "./identity/name.js";
import { PLAYER_ELEMENTS, PlayerPage } from "./player-page.js";
import { describeError } from "../i18n/error-texts.js";
import { listenFor } from "../events/page-event.js";
import { openContinuedPlayer } from "../page/continued-player.js";
import {
  AddressChoice,
  CodeRequest,
  LinkRenewal,
  PictureToggle,
} from "../events/player-controls.js";
import { PlayerRequest } from "../events/player-request.js";
import { ProcedureHandlers } from "./procedure-handlers.js";
import { composeState } from "./state/state-report.js";
import { PlayerVoice } from "./state/voice.js";
import { Rpc } from "../connection/rpc.js";
import { SleepTimer } from "../playback/sleep-timer.js";
import { SoundChoice } from "../playback/sound-choice.js";
import { soundAllowed } from "./sound-permission.js";
import { StatePublisher } from "./state/state-publisher.js";
import { Store } from "../page/store.js";
import { SubtitleChoice } from "../playback/subtitle-choice.js";
import { Tabs, openChannel } from "./identity/tabs.js";
import { chooseLanguage, translatePage, translator } from "../i18n/translate.js";
import { listenToWaking } from "../page/device/waking.js";
import { WakeLock } from "../page/device/wake-lock.js";

/** Seconds; shorter than the suspension after which received data may be old (heartbeat.js). */
const KEEP_ALIVE = 8;

defineElements(PLAYER_ELEMENTS);
const language = chooseLanguage(navigator.languages);
const translate = translator(language);
translatePage(document, language, translate);
const page = new PlayerPage(document, translate);
let isTakenOver = false;
const store = new Store("zapette.player", storage);
const api = new Api(document.baseURI, fetch);
const identity = new PlayerIdentity(store, api);
const { convert, photoSeconds } = document.body.dataset;
const media = new Media(page.video, {
  converts: convert === "auto",
  unconverted: convert === "no_ffmpeg" ? convert : "picture",
  languages: () => sounds.languages,
  photoSeconds: Number(photoSeconds),
});
const catalogue = new Catalogue((query) => api.list(query));
const playback = new Playback(media, catalogue, new Store("zapette.playback", storage));
const continued = openContinuedPlayer();
const name = new PlayerName(
  store,
  translate(continued.get("link") ? "player.phone_name" : "player.default_name"),
);
const fullscreen = new Fullscreen(document);
const sleep = new SleepTimer(media);
const subtitles = new SubtitleChoice(
  media,
  store,
  (percent) => page.resizeSubtitles(percent),
  () => navigator.languages,
);
const sounds = new SoundChoice(media, store, navigator.languages);
const devices = new Devices(() => identity.visitors());
const parts = { media, playback, sounds, subtitles, fullscreen, sleep, name, devices };
const procedures = new ProcedureHandlers(parts);
const admission = new Admission(
  () => identity.credentials(),
  (code) => page.showWaiting(code),
);
const credentials = new CredentialsSource(() => admission.credentials(), { lasting: true });
const connection = new Connection({
  open: openMqttTransport,
  credentials: async () => {
    const answer = await credentials.get();
    if (answer.links) page.card.showLinks(answer.links);
    return answer;
  },
  keepAlive: KEEP_ALIVE,
  will: (topics) => PlayerVoice.will(topics.player(identity.id)),
});
const addresses = new AddressOffer(api, identity, page.card);
const rpc = new Rpc(connection);
const voice = new PlayerVoice(connection, (topics) => topics.player(identity.id));
const publisher = new StatePublisher(observe, (state) => voice.state(state));
const tabs = new Tabs(openChannel("zapette.player"));
const wakeLock = new WakeLock(navigator);

page.lift.changed.listen((share) => media.subtitles.lift(share));
page.mount();
media.start();
playback.start();
subtitles.start();
restoreSound();
wire();
void goOn(open());
connect();

function wire() {
  const all = procedures.all(() => publisher.current());
  rpc.register(
    (topics) => topics.player(identity.id),
    all,
    (procedure, { code, message }) => voice.event("error", { procedure, code, message }),
  );
  page.listen(async (procedure, named) => {
    const run = all.get(procedure);
    // a tab that is no longer the player must not use the keys
    return run && connection.status !== "taken-over" && run({ positional: [], named });
  });
  const system = new SystemControls(navigator, (procedure, parameters = {}) => {
    page.video.dispatchEvent(new PlayerRequest(procedure, parameters));
  });
  // the answer that a phone waits for is sent before the page is drawn
  const draw = new Later(() => page.show(observe(), () => media.state.position));
  const tellSystem = new Later(
    () => {
      system.show(observe());
      wakeLock.hold(media.state.playing);
    },
    // media keys also reach a hidden page
    (run) => setTimeout(run, 0),
  );
  const show = () => {
    publisher.touch();
    draw.ask();
    tellSystem.ask();
  };
  media.changed.listen(show);
  media.changed.listen(rememberSound);
  media.happened.listen(({ name, detail }) => voice.event(name, detail));
  for (const { changed } of [playback, name, sleep, subtitles]) changed.listen(show);
  procedures.messaged.listen(({ text, seconds }) => {
    page.showMessage(text, seconds);
    voice.event("message", { text, seconds });
  });
  document.addEventListener("fullscreenchange", show);
  document.addEventListener("click", () => {
    if (media.state.gestureRequired) media.unlock().catch((error) => page.tell(error));
  });
  show();
}

function observe(seq = 0) {
  return composeState(media.state, facts(), seq, Date.now() / 1000);
}

/** @returns {import("./state/state-report.js").Facts} */
function facts() {
  return {
    name: name.value,
    current: playback.current,
    queue: playback.queue,
    skipped: playback.skipped,
    fullscreen: fullscreen.on,
    fullscreenAvailable: fullscreen.available,
    sleepAt: sleep.at,
    subtitleSize: subtitles.size,
  };
}

/**
 * Load the last medium, otherwise the first one, once the page has access to the library, and find
 * out whether sound is allowed.
 */
async function open() {
  const restored = credentials.admitted.then(() => {
    new PictureRenewal(playback, catalogue).start();
    return playback.restore();
  });
  restored.catch((error) => page.tell(error));
  if (!(await soundAllowed()) && !media.state.playing) media.requireGesture();
  await restored.catch(() => {});
}

/**
 * Continue what another player plays, if a remote in this tab requested it.
 * @param {Promise<void>} ready
 */
async function goOn(ready) {
  if (!continued.get("link")) return;
  const { Continuation } = await import("./continuation.js");
  const all = procedures.all(() => publisher.current());
  const continuation = new Continuation(continued, api, {
    state: () => observe(),
    position: () => media.state.position,
    call: async (procedure, named) => all.get(procedure)?.({ positional: [], named }),
    changed: media.changed,
  });
  page.offerWayBack(continuation.name, () => continuation.giveBack());
  await ready;
  try {
    await continuation.take();
  } catch (error) {
    const { text } = describeError(error, translate);
    const [why, stays] = [text, continuation.name];
    page.inform(translate("move.failed", { name: name.value, why, stays }));
  }
}

function connect() {
  connection.changed.listen((status) => {
    page.showConnection(connection);
    isTakenOver = status === "taken-over";
    if (isTakenOver) void media.pause();
  });
  const publishAll = () => {
    voice.online();
    publisher.renew();
  };
  connection.opened.listen(publishAll);
  connection.opened.listen(() => void playback.recover());
  voice.doubted.listen(publishAll);
  tabs.lost.listen(() => void connection.yieldPlace());
  page.offerSettings(identity);
  listenFor(page.picture, PictureToggle, () => {
    media.togglePicture().catch((error) => page.tell(error));
  });
  listenFor(page.card, LinkRenewal, () => void renewCode());
  listenFor(page.card, CodeRequest, (event) => {
    const answer = identity.showCode(event.role);
    answer.catch((error) => page.tell(error));
    event.respondWith(answer);
  });
  listenFor(page.card, AddressChoice, ({ ip }) => {
    addresses.pick(ip).catch((error) => page.tell(error));
  });
  // the server publishes `online` again when its addresses change
  connection.subscribe(({ topics }) => [topics.server.availability]);
  connection.received.listen(({ topic }) => {
    if (topic === connection.session?.topics.server.availability) void addresses.refresh();
  });
  addEventListener("pagehide", () => {
    playback.keep();
    voice.goodbye();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) connection.start();
  });
  listenToWaking(window, () => {
    connection.wake();
    wakeLock.renew();
  });
  tabs.start();
  claim();
  connection.start();
  page.showConnection(connection);
  void addresses.refresh();
}

async function renewCode() {
  try {
    page.card.showLinks(await identity.newCode());
    page.tellNewCode();
  } catch (error) {
    page.tell(error);
  }
}

/** Return the storage of this browser, which belongs to the tab that is the player. */
function storage() {
  if (isTakenOver) throw new Error("another tab is the player");
  return localStorage;
}

/** Become the player, also if the clock was set back since another tab did. */
function claim() {
  const at = Math.max(Date.now(), Number(store.get("claimed_at") ?? 0) + 1);
  store.set("claimed_at", at);
  tabs.claim(at);
}

function restoreSound() {
  const volume = store.get("volume");
  if (typeof volume === "number") media.volume.set(volume).catch(() => {});
  void media.volume.mute(store.get("muted") === true);
}

function rememberSound() {
  const { volume, muted } = media.state;
  if (volume !== store.get("volume")) store.set("volume", volume);
  if (muted !== store.get("muted")) store.set("muted", muted);
}
