/** Keeps the screen on while something plays, if the browser supports it. */

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

  /** Request the lock again, which the browser drops whenever the page is hidden. */
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
