import { readFileSync } from "node:fs";

/**
 * Return the test vectors that both languages share.
 * @param {string} name
 * @returns {any}
 */
export function vectors(name) {
  return JSON.parse(
    readFileSync(new URL(`../../tests/vectors/${name}.json`, import.meta.url), "utf8"),
  );
}
