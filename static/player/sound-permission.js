/** Finds out, by playing silence, whether this browser plays sound without a click. */

/** @returns {Promise<boolean>} */
export async function soundAllowed() {
  const address = URL.createObjectURL(new Blob([silence()], { type: "audio/wav" }));
  const audio = new Audio(address);
  try {
    await audio.play();
    return true;
  } catch (error) {
    return !(error instanceof DOMException && error.name === "NotAllowedError");
  } finally {
    audio.pause();
    audio.removeAttribute("src");
    audio.load();
    URL.revokeObjectURL(address);
  }
}

/** Return a RIFF/WAVE file: one channel, 8 kHz, 8 bits, 50 ms without a sound. */
function silence() {
  const samples = 400;
  const view = new DataView(new ArrayBuffer(44 + samples));
  const text = (/** @type {number} */ at, /** @type {string} */ letters) => {
    Array.from(letters, (letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  };
  text(0, "RIFF");
  view.setUint32(4, 36 + samples, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  text(36, "data");
  view.setUint32(40, samples, true);
  new Uint8Array(view.buffer).fill(128, 44);
  return view.buffer;
}
