import { placeAt } from "./drift.js";
import { retryPicture } from "../../elements/picture-retry.js";
import { build, fill, flag, write } from "../../elements/dom.js";
import { ViewElement } from "../../elements/view.js";

/** Milliseconds until it is put elsewhere; the style sheet lets it go there slowly, or at once. */
const INTERVAL = 20000;

/** What a song looks like: its cover, and whose it is, never long in one place. */
export class MusicView extends ViewElement {
  constructor() {
    super();
    /** @private */
    this._cover = build("img", { alt: "", hidden: "" });
    /** @private */
    this._song = build("p", { class: "song" });
    /** @private */
    this._about = build("p", { class: "about" });
    /** @private */
    this._step = 0;
    /** @private @type {ReturnType<typeof setInterval> | undefined} */
    this._timer = undefined;
  }

  /** @override @param {import("../../elements/view.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    // What it says stands in the page already.
    this.setAttribute("aria-hidden", "true");
    fill(this, this._cover, build("div", {}, this._song, this._about));
    retryPicture(this._cover);
    this._move();
    this._timer = setInterval(() => this._move(), INTERVAL);
  }

  disconnectedCallback() {
    clearInterval(this._timer);
  }

  /** @override @param {import("../../elements/view.js").View} view */
  show({ state }) {
    const song = state !== null && state.kind === "audio";
    flag(this, "hidden", !song);
    if (!song) return;
    write(this._song, state.title || "");
    write(this._about, aboutOf(state));
    const cover = state.poster || "";
    if (this._cover.getAttribute("src") === cover) return;
    flag(this._cover, "hidden", true);
    if (cover) this._cover.src = cover;
    else this._cover.removeAttribute("src");
  }

  /** @private */
  _move() {
    const { x, y } = placeAt(this._step++);
    this.style.setProperty("--x", String(x));
    this.style.setProperty("--y", String(y));
  }
}

/**
 * Return whose the medium is and what it is a part of, as far as that is known.
 * @param {import("../../protocol/player-state.js").PlayerState} state
 */
export function aboutOf({ artist, album }) {
  return [artist, album].filter(Boolean).join(" · ");
}
