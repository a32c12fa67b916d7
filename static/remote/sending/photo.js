/** Prepares photos for sending: upright, and no larger than a screen needs. */

import { PhotoError } from "../../protocol/errors.js";

/** The most pixels of the longer side, as on a 4K screen. */
const LONGEST = 3840;
/** The most bytes of a photo that is sent unchanged. */
const SMALL = 2 << 20;
const QUALITY = 0.9;
/** Some browsers do not know its type. */
const HEIC = /\.(heic|heif)$/i;
const SHOWN = ["image/jpeg", "image/png", "image/webp"];

/**
 * Return a photo to send, redrawn without metadata such as its location. Other files, and photos
 * that this browser cannot draw, are returned unchanged, except HEIC, which the server cannot read
 * either: it rejects with a PhotoError.
 * @param {File} file
 * @returns {Promise<File>}
 */
export async function prepared(file) {
  const isHeic = /^image\/hei[cf]/.test(file.type) || HEIC.test(file.name);
  if (!isHeic && (!file.type.startsWith("image/") || file.type === "image/gif")) return file;
  try {
    return await drawn(file);
  } catch {
    if (isHeic) throw new PhotoError("this browser cannot read HEIC");
    return file;
  }
}

/** @param {File} file */
async function drawn(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const { width, height } = bitmap;
    const scale = Math.min(1, LONGEST / Math.max(width, height));
    if (scale === 1 && file.size <= SMALL && SHOWN.includes(file.type)) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d");
    if (!context) return file;
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    if (!blob) return file;
    return new File([blob], `${file.name.replace(/\.[^.]*$/, "")}.jpg`, { type: "image/jpeg" });
  } finally {
    bitmap.close();
  }
}
