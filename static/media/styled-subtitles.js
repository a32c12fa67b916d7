/** Draws ASS with all its styles, over the `<video>`: jassub, which is loaded when ASS is chosen. */

import JASSUB from "../node_modules/jassub/dist/jassub.js";

const FOLDER = "../node_modules/jassub/dist/";
/** Milliseconds after which it is given up: what fails in a worker may never tell. */
const PATIENCE = 15000;

// It would try WebAssembly in the page, which the page's policy forbids. The worker may.
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
      // Liberation Sans is for the fonts that the film lacks.
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

  /** Resolve once they are drawn. An Error says that this browser cannot. */
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
   * Draw this text in place of what was drawn.
   * @param {string} text
   */
  async replace(text) {
    await this.#drawer.renderer.setTrack(text);
    await this.#redraw();
  }

  /** @param {number} seconds by which they are later */
  async delay(seconds) {
    this.#drawer.timeOffset = -seconds;
    await this.#redraw();
  }

  /** Draw now: a film that is paused shows no new frame, with which that would be done. */
  #redraw() {
    const { currentTime, videoWidth, videoHeight } = this.#video;
    const frame = { mediaTime: currentTime, width: videoWidth, height: videoHeight };
    return this.#drawer.manualRender({ ...frame, expectedDisplayTime: performance.now() }, true);
  }

  /** Draw nothing any more. */
  close() {
    this.#drawer.destroy().catch(() => {});
  }
}
