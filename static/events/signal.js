/**
 * An event with its listeners.
 * @template T the value that the listeners receive
 */
export class Signal {
  /** @type {Set<(value: T) => void>} */
  #listeners = new Set();

  /**
   * Call `listener` at each emission; return a function that removes it.
   * @param {(value: T) => void} listener
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Call all listeners with `value`, in the order in which they were added.
   * @param {T} value
   */
  emit(value) {
    for (const listener of Array.from(this.#listeners)) listener(value);
  }
}
