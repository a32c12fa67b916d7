/** Keeps the screen on while something plays, where the browser lets a page do that. */

export class WakeLock {
  #navigator;
  #wanted = false;
  /** @type {Promise<WakeLockSentinel | null> | null} */
  #lock = null;

  /** @param {Navigator} navigator */
  constructor(navigator) {
    this.#navigator = navigator;
  }

  /** @param {boolean} wanted */
  hold(wanted) {
    this.#wanted = wanted;
    if (wanted) this.renew();
    else this.#release();
  }

  /** Ask again: the browser drops the lock whenever the page is hidden. */
  renew() {
    if (!this.#wanted || this.#lock || !("wakeLock" in this.#navigator)) return;
    this.#lock = this.#navigator.wakeLock.request("screen").then(
      (lock) => {
        lock.addEventListener("release", () => this.#forget());
        return lock;
      },
      () => {
        this.#forget();
        return null;
      },
    );
  }

  #release() {
    void this.#lock?.then((lock) => lock?.release());
  }

  #forget() {
    this.#lock = null;
  }
}
