/** Keeps subtitles above the controls while these are shown. */

import { Signal } from "../events/signal.js";

/** The controls at the bottom of the page. */
const CONTROLS = ["footer", ".stage", "qr-card"];
/** The largest part of the page's height by which subtitles are lifted. */
const MOST = 0.75;
/** The distance from the controls, as a part of the page's height. */
const GAP = 0.02;

export class SubtitleLift {
  #main;
  /** @type {Signal<number>} the part of the page's height to keep free, from its bottom */
  changed = new Signal();

  /** @param {HTMLElement} main holds the picture and the controls */
  constructor(main) {
    this.#main = main;
  }

  /** Start to follow the size and visibility of the controls and the size of the page. */
  start() {
    addEventListener("resize", () => this.#measure());
    if (typeof ResizeObserver === "function") {
      const observer = new ResizeObserver(() => this.#measure());
      for (const each of this.#controls) observer.observe(each);
    }
    new MutationObserver(() => this.#tell()).observe(document.body, { attributes: true });
    this.#measure();
  }

  get #controls() {
    return CONTROLS.map((name) => this.#main.querySelector(name)).filter((it) => it !== null);
  }

  #measure() {
    const boxes = this.#controls.map((each) => each.getBoundingClientRect());
    const tops = boxes.filter(({ height }) => height > 0).map(({ top }) => top);
    const share = tops.length ? 1 - Math.min(...tops) / innerHeight + GAP : 0;
    this.#main.style.setProperty("--lift", Math.min(MOST, Math.max(0, share)).toFixed(3));
    this.#tell();
  }

  /** Tell what the style says, which knows when there are no controls. */
  #tell() {
    this.changed.emit(Number(getComputedStyle(this.#main).getPropertyValue("--lift")));
  }
}
