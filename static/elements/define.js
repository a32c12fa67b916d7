/**
 * Make an element of a view that is loaded late known to the browser, unless it is already.
 * @param {string} tag
 * @param {CustomElementConstructor} element
 */
export function defineOnce(tag, element) {
  if (!customElements.get(tag)) customElements.define(tag, element);
}
