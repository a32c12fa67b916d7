/** The last picture of a medium, over the `<video>` while that is loaded again. */

export class Still {
  #video;
  /** @type {HTMLCanvasElement | null} */
  #canvas = null;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
  }

  /** Keep on showing what is shown now. */
  hold() {
    const { videoWidth, videoHeight, readyState } = this.#video;
    if (this.#canvas || !videoWidth || readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const canvas = document.createElement("canvas");
    canvas.className = "still";
    canvas.width = videoWidth;
    canvas.height = videoHeight;
    canvas.getContext("2d")?.drawImage(this.#video, 0, 0);
    this.#video.after(canvas);
    this.#canvas = canvas;
  }

  /** Show the `<video>` again. */
  release() {
    this.#canvas?.remove();
    this.#canvas = null;
  }
}
