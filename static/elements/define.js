/**
 * Define an element of a view that is loaded later, unless it is defined already.
 * @param {string} tag
 * @param {CustomElementConstructor} element
 */
export function defineOnce(tag, element) {
  if (!customElements.get(tag)) customElements.define(tag, element);
}
