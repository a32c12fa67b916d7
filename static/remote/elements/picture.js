import { build } from "../../elements/dom.js";
import { viewIcon } from "./view-icons.js";

/** Milliseconds until a picture that is being made is requested again, and how often. */
const PICTURE_DELAY = 1500;
const PICTURE_ATTEMPTS = 4;

/**
 * Return a small picture, or an icon of the kind if there is none.
 * @param {string | null} thumbnail its address
 * @param {"folder" | "music" | "screen"} kind
 */
export function picture(thumbnail, kind) {
  const frame = build("span", { class: "picture", "data-kind": kind }, viewIcon(kind));
  if (!thumbnail) return frame;
  const image = build("img", { alt: "", loading: "lazy", decoding: "async" });
  let attempts = 0;
  image.addEventListener("load", () => frame.classList.add("shown"));
  image.addEventListener("error", () => {
    attempts += 1;
    if (attempts > PICTURE_ATTEMPTS) image.remove();
    else setTimeout(() => void (image.src = `${thumbnail}#${attempts}`), PICTURE_DELAY * attempts);
  });
  image.src = thumbnail;
  frame.append(image);
  return frame;
}
