import { placeAt } from "./drift.js";
import { retryPicture } from "../../elements/picture-retry.js";
import { build, fill, flag, write } from "../../elements/dom.js";
import { ViewElement } from "../../elements/view-element.js";

/** Milliseconds until it moves, in the way that the style sheet says. */
const INTERVAL = 20000;

/** Shows the cover, artist and album of a song, at changing places. */
export class MusicView extends ViewElement {
  #cover = build("img", { alt: "", hidden: "" });
  #song = build("p", { class: "song" });
  #about = build("p", { class: "about" });
  #step = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer = undefined;

  /** @override @param {import("../../elements/view-element.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    // the page already has its text
    this.setAttribute("aria-hidden", "true");
    fill(this, this.#cover, build("div", {}, this.#song, this.#about));
    retryPicture(this.#cover);
    this.#move();
    this.#timer = setInterval(() => this.#move(), INTERVAL);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  /** @override @param {import("../../elements/view-element.js").View} view */
  show({ state }) {
    const song = state !== null && state.kind === "audio";
    flag(this, "hidden", !song);
    if (!song) return;
    write(this.#song, state.title || "");
    write(this.#about, aboutOf(state));
    const cover = state.poster || "";
    if (this.#cover.getAttribute("src") === cover) return;
    flag(this.#cover, "hidden", true);
    if (cover) this.#cover.src = cover;
    else this.#cover.removeAttribute("src");
  }

  #move() {
    const { x, y } = placeAt(this.#step++);
    this.style.setProperty("--x", String(x));
    this.style.setProperty("--y", String(y));
  }
}

/**
 * Return the artist and album of the medium, as far as known.
 * @param {import("../../protocol/player-state.js").PlayerState} state
 */
export function aboutOf({ artist, album }) {
  return [artist, album].filter(Boolean).join(" · ");
}
