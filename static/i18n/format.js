/** Numbers in words; no I/O. */

/**
 * Return a time as `0:07`, `12:34` or `1:02:03`.
 * @param {number} seconds
 */
export function formatTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const rest = String(whole % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  if (hours === 0) return `${minutes}:${rest}`;
  return `${hours}:${String(minutes).padStart(2, "0")}:${rest}`;
}

/**
 * Return a speed with a no-break space: `0.5 ×`, or in French `0,5 ×`.
 * @param {number} factor
 * @param {string} language
 */
export function formatFactor(factor, language) {
  const space = language === "fr" ? "\u202f" : " ";
  return `${factor.toLocaleString(language)}${space}×`;
}

/**
 * Return a delay with a no-break space: `+0.5 s`, `−1 s`, `0 s`.
 * @param {number} seconds
 * @param {string} language
 */
export function formatShift(seconds, language) {
  const sign = seconds > 0 ? "+" : seconds < 0 ? "−" : "";
  return `${sign}${Math.abs(seconds).toLocaleString(language)}\u202fs`;
}
