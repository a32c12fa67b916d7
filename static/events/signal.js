/**
 * Something that happens, and those who listen for it.
 * @template T what the listeners are told
 */
export class Signal {
  /** @type {Set<(value: T) => void>} */
  #listeners = new Set();

  /**
   * Call `listener` at each emission; return what ends that.
   * @param {(value: T) => void} listener
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Tell all listeners `value`, in the order in which they came.
   * @param {T} value
   */
  emit(value) {
    for (const listener of Array.from(this.#listeners)) listener(value);
  }
}
