import { detailOf } from "../../i18n/error-texts.js";
import { formatTime } from "../../i18n/format.js";
import { retryPicture } from "../../elements/picture-retry.js";
import { build, fill, flag } from "../../elements/dom.js";
import { aboutOf } from "./music-view.js";
import { ViewElement } from "../../elements/view.js";

/** Milliseconds between two looks at how long it is until sleep. */
const INTERVAL = 10000;

/** What plays, what comes next, what is being waited for, and what went wrong. */
export class NowPlaying extends ViewElement {
  constructor() {
    super();
    /** @private @type {import("../../protocol/player-state.js").PlayerState | null} */
    this._state = null;
    /** @private */
    this._poster = build("img", { alt: "", hidden: "" });
    /** @private */
    this._source = "";
    /** @private */
    this._about = build("p", { class: "about" });
    /** @private */
    this._doing = build("p", { class: "doing", role: "status" });
    /** @private */
    this._next = build("p", { class: "next" });
    /** @private */
    this._sleep = build("p", { class: "sleep" });
    /** @private @type {ReturnType<typeof setInterval> | undefined} */
    this._timer = undefined;
  }

  /** @override @param {import("../../elements/view.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    // The title stands in the page from the beginning.
    const words = build(
      "div",
      {},
      this.querySelector("#title"),
      this._about,
      this._doing,
      this._next,
      this._sleep,
    );
    fill(this, this._poster, words);
    retryPicture(this._poster);
    this._timer = setInterval(() => this._drawSleep(), INTERVAL);
  }

  disconnectedCallback() {
    clearInterval(this._timer);
  }

  /** @override @param {import("../../elements/view.js").View} view */
  show({ state }) {
    if (!state) return;
    this._state = state;
    write(this._about, aboutOf(state));
    write(this._doing, this._doingOf(state));
    write(this._next, this._nextOf(state));
    this._drawSleep();
    this._picture(state.poster || "");
  }

  /**
   * @private
   * @param {import("../../protocol/player-state.js").PlayerState} state
   */
  _doingOf({ error, buffering, source }) {
    if (error) return `${this._translate("error.media_error")} ${detailOf(error, this._translate)}`;
    return buffering && source ? this._translate("remote.buffering") : "";
  }

  /**
   * @private
   * @param {import("../../protocol/player-state.js").PlayerState} state
   */
  _nextOf({ queue: { index, items }, repeat, can }) {
    if (repeat === "one") return this._translate("player.again");
    if (!can.includes("next")) return "";
    const following = items[index === null ? 0 : (index + 1) % items.length];
    const { title, duration } = following;
    return this._translate("player.next", {
      title: duration ? `${title} · ${formatTime(duration)}` : title,
    });
  }

  /** @private */
  _drawSleep() {
    const at = this._state && this._state.sleep_at;
    const minutes = at ? Math.max(1, Math.ceil((at - Date.now() / 1000) / 60)) : 0;
    write(this._sleep, minutes ? this._translate("player.sleeps", { minutes }) : "");
  }

  /**
   * @private
   * @param {string} source
   */
  _picture(source) {
    if (source === this._source) return;
    this._source = source;
    flag(this._poster, "hidden", true);
    if (source) this._poster.src = source;
    else this._poster.removeAttribute("src");
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
