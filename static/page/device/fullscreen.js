/** Full screen, which browsers allow only for some seconds after a click, and those of iPhones never. */

import { CallError } from "../../protocol/errors.js";

export class Fullscreen {
  #page;

  /** @param {Document} page */
  constructor(page) {
    this.#page = page;
  }

  /** Whether the page fills the screen. */
  get on() {
    return Boolean(this.#page.fullscreenElement);
  }

  /** Whether the browser supports it. */
  get available() {
    return Boolean(this.#page.fullscreenEnabled);
  }

  /**
   * Enter or leave full screen; throws a CallError `not_supported` if the browser refuses.
   * @param {boolean} on
   */
  async set(on) {
    if (on === this.on) return;
    if (!on) {
      await this.#page.exitFullscreen();
      return;
    }
    const { userActivation } = navigator;
    // a refused request would print a warning on the console
    if (userActivation && !userActivation.isActive) throw clickNeeded();
    try {
      await this.#page.documentElement.requestFullscreen();
    } catch {
      throw clickNeeded();
    }
  }
}

function clickNeeded() {
  return new CallError("not_supported", "full screen takes a click or a key on the player");
}
