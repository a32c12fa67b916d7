/** The icons of the views behind the first screen, as paths of 24 by 24. */

import { draw } from "../../elements/dom.js";

const OUTLINES = Object.freeze({
  add: "M3 6h12v2H3zm0 5h12v2H3zm0 5h7v2H3zm14-3h2v4h4v2h-4v4h-2v-4h-4v-2h4z",
  bin: "M9 3h6l1 2h4v2H4V5h4zM6 8.5h12L17 21H7zm4 2.5v7h1.5v-7zm3.5 0v7H15v-7z",
  cast: "M3 4h18a1 1 0 0 1 1 1v5h-2V6H4v12h6v2H3a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm13 8 6 5.5-6 5.5v-4h-5v-3h5z",
  close:
    "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
  down: "m12 16-7-7 1.4-1.4 5.6 5.6 5.6-5.6L19 9z",
  folder: "M4 5h6l2 2h8a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z",
  handle: "M8 5h3v3H8zm5 0h3v3h-3zM8 10.5h3v3H8zm5 0h3v3h-3zM8 16h3v3H8zm5 0h3v3h-3z",
  into: "m9 5 7 7-7 7-1.4-1.4 5.6-5.6-5.6-5.6z",
  music: "M9 4l11-2v14.5a3 3 0 1 1-2-2.8V7.4l-7 1.3v9.8a3 3 0 1 1-2-2.8z",
  phone:
    "M8 2h8a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zm0 3v12h8V5zm4 13.2a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4z",
  playAll: "M3 4.5v15l9-7.5zM14 6h7v2h-7zm0 5h7v2h-7zm0 5h7v2h-7z",
  playNext: "M3 4.5v7l6-3.5zM11 7h10v2H11zM3 13h18v2H3zm0 5h18v2H3z",
  repeat: "M7 7h10v3l4-4-4-4v3H5v6h2zm10 10H7v-3l-4 4 4 4v-3h12v-6h-2z",
  screen:
    "M3 4h18a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1h-7v2h3v1.5H7V20h3v-2H3a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z",
  search:
    "M10.5 3a7.5 7.5 0 0 1 5.9 12.1l5 5-1.4 1.4-5-5A7.5 7.5 0 1 1 10.5 3zm0 2a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z",
  seen: "m9.5 18.5-6-6L5 11l4.5 4.5L19 6l1.5 1.5z",
  shuffle:
    "M3 6h4.5l9 10.5H18V14l4 4-4 4v-3h-3L6.3 8H3zm0 11h3.3l2-2.3 1.3 1.5L7.5 19H3zM15 6h3V3l4 4-4 4V8h-2l-2 2.3-1.3-1.5z",
  up: "m12 8 7 7-1.4 1.4-5.6-5.6-5.6 5.6L5 15z",
  warning: "M12 2.5 23 21H1zm-1 7v5h2v-5zm0 6.5v2h2v-2z",
});

/**
 * Return an icon, hidden from screen readers.
 * @param {keyof typeof OUTLINES} name
 */
export function viewIcon(name) {
  return draw(OUTLINES[name]);
}
