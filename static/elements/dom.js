/** Builds parts of a page without parsing text as HTML. */

const SVG = "http://www.w3.org/2000/svg";

/** The icons, as paths of 24 by 24. */
const ICONS = Object.freeze({
  play: "M8 5.1v13.8a1 1 0 0 0 1.5.9l11-6.9a1 1 0 0 0 0-1.7l-11-6.9A1 1 0 0 0 8 5.1z",
  pause:
    "M7 4h3a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm7 0h3a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z",
  plus: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  minus: "M5 11h14v2H5z",
  sound:
    "M4 9h4l5-4v14l-5-4H4zm11.5-1.6a6 6 0 0 1 0 9.2l-1.2-1.5a4 4 0 0 0 0-6.2zm2.6-3a10 10 0 0 1 0 15.2l-1.3-1.5a8 8 0 0 0 0-12.2z",
  silence:
    "M4 9h4l5-4v14l-5-4H4zm11.6-.4L18 11l2.4-2.4 1.4 1.4-2.4 2.4 2.4 2.4-1.4 1.4-2.4-2.4-2.4 2.4-1.4-1.4 2.4-2.4-2.4-2.4z",
  back: "M12 5V1.5L6.5 6 12 10.5V7a5.5 5.5 0 1 1-5.5 5.5h-2A7.5 7.5 0 1 0 12 5z",
  forward: "M12 5V1.5L17.5 6 12 10.5V7a5.5 5.5 0 1 0 5.5 5.5h2A7.5 7.5 0 1 1 12 5z",
  picture: "M3 4h18v7h-2V6H5v12h6v2H3zm10 9h9v7h-9z",
  fullscreen: "M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z",
  next: "M5 5.6v12.8a1 1 0 0 0 1.5.8L16 13v6h3V5h-3v6L6.5 4.8A1 1 0 0 0 5 5.6z",
  previous: "M19 5.6v12.8a1 1 0 0 1-1.5.8L8 13v6H5V5h3v6l9.5-6.2a1 1 0 0 1 1.5.8z",
  remote:
    "M9 2h6a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H9a3 3 0 0 1-3-3V5a3 3 0 0 1 3-3zm3 3.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM9.5 14v2h2v-2zm3 0v2h2v-2zm-3 3.5v2h2v-2zm3 0v2h2v-2z",
  queue: "M3 5h18v2H3zm0 5h11v2H3zm0 5h11v2H3zm14-4.5 5.5 3.750L17 18z",
  library: "M3 4h4v16H3zm5.5 0h4v16h-4zm5.4.9 3.9-1L22 19.1l-3.9 1z",
  more: "M3 6h9v2H3zm15 0h3v2h-3zm-4.5-1.5h3v5h-3zM3 16h3v2H3zm9 0h9v2h-9zm-4.5-1.5h3v5h-3z",
});

/**
 * @typedef {keyof typeof ICONS} IconName
 * @typedef {Node | string | null} Child
 */

/**
 * Return a new element with these attributes and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function build(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter(isNode));
  return element;
}

/**
 * Return an icon, hidden from screen readers.
 * @param {IconName} name
 */
export function icon(name) {
  return draw(ICONS[name]);
}

/**
 * Return the icon of a path, hidden from screen readers.
 * @param {string} outline a path of 24 by 24
 */
export function draw(outline) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", outline);
  drawing.append(path);
  return drawing;
}

/**
 * Replace the children of `parent`.
 * @param {Element} parent
 * @param {...Child} children
 */
export function fill(parent, ...children) {
  while (parent.firstChild) parent.firstChild.remove();
  parent.append(...children.filter(isNode));
}

/**
 * Set or remove a boolean attribute.
 * @param {Element} element
 * @param {string} name
 * @param {boolean} there
 */
export function flag(element, name, there) {
  if (there !== element.hasAttribute(name)) element.toggleAttribute(name, there);
}

/**
 * Set the text of an element if it differs, because browsers redraw even for the same text.
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {Child} child
 * @returns {child is Node | string}
 */
function isNode(child) {
  return child !== null;
}
