/** The last picture of a medium, shown over the `<video>` while it is loaded again. */

export class Still {
  #video;
  /** @type {HTMLCanvasElement | null} */
  #canvas = null;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
  }

  /** Keep showing the present picture. */
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
