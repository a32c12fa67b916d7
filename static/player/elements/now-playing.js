import { detailOf } from "../../i18n/error-texts.js";
import { formatTime } from "../../i18n/format.js";
import { retryPicture } from "../../elements/picture-retry.js";
import { build, fill, flag } from "../../elements/dom.js";
import { aboutOf } from "./music-view.js";
import { ViewElement } from "../../elements/view-element.js";

/** Milliseconds between two updates of the time until sleep. */
const INTERVAL = 10000;

/** Shows what plays, what comes next, buffering and errors. */
export class NowPlaying extends ViewElement {
  /** @type {import("../../protocol/player-state.js").PlayerState | null} */
  #state = null;
  #poster = build("img", { alt: "", hidden: "" });
  #source = "";
  #about = build("p", { class: "about" });
  #doing = build("p", { class: "doing", role: "status" });
  #next = build("p", { class: "next" });
  #sleep = build("p", { class: "sleep" });
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer = undefined;

  /** @override @param {import("../../elements/view-element.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    // the page already has the title
    const words = build(
      "div",
      {},
      this.querySelector("#title"),
      this.#about,
      this.#doing,
      this.#next,
      this.#sleep,
    );
    fill(this, this.#poster, words);
    retryPicture(this.#poster);
    this.#timer = setInterval(() => this.#drawSleep(), INTERVAL);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  /** @override @param {import("../../elements/view-element.js").View} view */
  show({ state }) {
    if (!state) return;
    this.#state = state;
    write(this.#about, aboutOf(state));
    write(this.#doing, this.#doingOf(state));
    write(this.#next, this.#nextOf(state));
    this.#drawSleep();
    this.#picture(state.poster || "");
  }

  /** @param {import("../../protocol/player-state.js").PlayerState} state */
  #doingOf({ error, buffering, source }) {
    if (error) return `${this._translate("error.media_error")} ${detailOf(error, this._translate)}`;
    return buffering && source ? this._translate("remote.buffering") : "";
  }

  /** @param {import("../../protocol/player-state.js").PlayerState} state */
  #nextOf({ queue: { index, items }, repeat, can }) {
    if (repeat === "one") return this._translate("player.again");
    if (!can.includes("next")) return "";
    const following = items[index === null ? 0 : (index + 1) % items.length];
    const { title, duration } = following;
    return this._translate("player.next", {
      title: duration ? `${title} · ${formatTime(duration)}` : title,
    });
  }

  #drawSleep() {
    const at = this.#state?.sleep_at ?? null;
    const minutes = at ? Math.max(1, Math.ceil((at - Date.now() / 1000) / 60)) : 0;
    write(this.#sleep, minutes ? this._translate("player.sleeps", { minutes }) : "");
  }

  /** @param {string} source */
  #picture(source) {
    if (source === this.#source) return;
    this.#source = source;
    flag(this.#poster, "hidden", true);
    if (source) this.#poster.src = source;
    else this.#poster.removeAttribute("src");
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
  flag(element, "hidden", text === "");
}
