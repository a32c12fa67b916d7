/** The custom elements, by their tags. */

import { ConnectionBanner } from "./connection-banner.js";
import { MessageToast } from "./message-toast.js";
import { PlayButton } from "./play-button.js";
import { RequestButton } from "./request-button.js";
import { SeekBar } from "./seeking/seek-bar.js";
import { ViewElement } from "./view-element.js";
import { VolumeControl } from "./volume-control.js";

/** The elements that both pages use. */
const SHARED = {
  "connection-banner": ConnectionBanner,
  "message-toast": MessageToast,
  "play-button": PlayButton,
  "request-button": RequestButton,
  "seek-bar": SeekBar,
  "volume-control": VolumeControl,
};

/**
 * Define the shared elements and a page's own.
 * @param {Record<string, CustomElementConstructor>} own by their tags
 */
export function defineElements(own) {
  for (const [tag, element] of Object.entries({ ...SHARED, ...own })) {
    customElements.define(tag, element);
  }
}

/**
 * Return the one element of `type` with this tag, which every page must have.
 * @template {HTMLElement} T
 * @param {ParentNode} page
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
export function find(page, selector, type) {
  const element = page.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`the page has no ${selector}`);
  return element;
}

/**
 * Build the controls of a page, and return a function that shows a view in all of them.
 * @param {ParentNode} page
 * @param {import("./view-element.js").Translate} translate
 * @returns {(view: import("./view-element.js").View) => void}
 */
export function mountControls(page, translate) {
  const controls = Array.from(page.querySelectorAll("*")).filter(isControl);
  for (const control of controls) control.mount(translate);
  return (view) => {
    for (const control of controls) control.show(view);
  };
}

/**
 * @param {Element} element
 * @returns {element is ViewElement}
 */
function isControl(element) {
  return element instanceof ViewElement;
}
