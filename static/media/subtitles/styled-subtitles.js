/** Draws ASS with all its styles over the `<video>`, with jassub, which is loaded when needed. */

import JASSUB from "../../node_modules/jassub/dist/jassub.js";

const FOLDER = "../../node_modules/jassub/dist/";
/** The time-out in milliseconds, because a failed worker may not report its error. */
const PATIENCE = 15000;

// it would try WebAssembly in the page, which the page's policy allows only in the worker
JASSUB._supportsSIMD = false;

export class StyledSubtitles {
  #video;
  #drawer;

  /**
   * @param {HTMLVideoElement} video
   * @param {string} text ASS
   * @param {readonly string[]} fonts addresses
   */
  constructor(video, text, fonts) {
    const at = (/** @type {string} */ name) => new URL(FOLDER + name, import.meta.url).href;
    this.#video = video;
    this.#drawer = new JASSUB({
      video,
      subContent: text,
      // Liberation Sans replaces fonts that the film lacks
      fonts: [...Array.from(fonts), at("default.woff2")],
      workerUrl: at("worker/worker.js"),
      wasmUrl: at("wasm/jassub-worker.wasm"),
      defaultFont: "liberation sans",
      queryFonts: false,
    });
  }

  /** Whether this browser can draw them. */
  static get isSupported() {
    return (
      "transferControlToOffscreen" in HTMLCanvasElement.prototype &&
      typeof WebAssembly === "object" &&
      typeof ResizeObserver === "function"
    );
  }

  /** Resolve once they are drawn; reject with an Error if this browser cannot draw them. */
  async ready() {
    let timer = 0;
    const late = new Promise((_, reject) => {
      timer = window.setTimeout(() => reject(new Error("jassub does not start")), PATIENCE);
    });
    try {
      await Promise.race([this.#drawer.ready, late]);
    } finally {
      clearTimeout(timer);
    }
    if (!this.#drawer.renderer) throw new Error("jassub cannot start");
  }

  /**
   * Draw this text in place of the present one.
   * @param {string} text
   */
  async replace(text) {
    await this.#drawer.renderer.setTrack(text);
    await this.#redraw();
  }

  /** @param {number} seconds positive for later */
  async delay(seconds) {
    this.#drawer.timeOffset = -seconds;
    await this.#redraw();
  }

  /** Draw now: while a film is paused, no new frame triggers it. */
  #redraw() {
    const { currentTime, videoWidth, videoHeight } = this.#video;
    const frame = { mediaTime: currentTime, width: videoWidth, height: videoHeight };
    return this.#drawer.manualRender({ ...frame, expectedDisplayTime: performance.now() }, true);
  }

  /** Stop drawing. */
  close() {
    this.#drawer.destroy().catch(() => {});
  }
}
