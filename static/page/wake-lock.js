/** Keeps the screen on while something plays, where the browser lets a page do that. */

export class WakeLock {
  /** @param {Navigator} navigator */
  constructor(navigator) {
    /** @private */
    this._navigator = navigator;
    /** @private */
    this._wanted = false;
    /** @private @type {Promise<WakeLockSentinel | null> | null} */
    this._lock = null;
  }

  /** @param {boolean} wanted */
  hold(wanted) {
    this._wanted = wanted;
    if (wanted) this.renew();
    else this._release();
  }

  /** Ask again: the browser drops the lock whenever the page is hidden. */
  renew() {
    if (!this._wanted || this._lock || !("wakeLock" in this._navigator)) return;
    this._lock = this._navigator.wakeLock.request("screen").then(
      (lock) => {
        lock.addEventListener("release", () => this._forget());
        return lock;
      },
      () => {
        this._forget();
        return null;
      },
    );
  }

  /** @private */
  _release() {
    if (this._lock) void this._lock.then((lock) => lock && lock.release());
  }

  /** @private */
  _forget() {
    this._lock = null;
  }
}
