import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../", import.meta.url);

/**
 * Return the addresses of all modules that `entry` needs, itself included.
 * @param {URL} entry
 * @param {Set<string>} [known]
 */
function needs(entry, known = new Set()) {
  if (known.has(entry.href)) return known;
  known.add(entry.href);
  if (entry.href.includes("node_modules")) return known;
  const imports = /^(?:import|export)\s(?:[^;"]*\sfrom\s)?"(\.[^"]+)";/gm;
  for (const [, path] of readFileSync(entry, "utf8").matchAll(imports)) {
    needs(new URL(path, entry), known);
  }
  return known;
}

for (const page of ["player", "remote"]) {
  test(`the ${page}'s page asks for all its modules at once`, () => {
    const template = new URL(`../../webapp/templates/${page}.html`, import.meta.url);
    const html = readFileSync(template, "utf8");
    const preloaded = [...html.matchAll(/rel="modulepreload" href="static\/([^"]+)"/g)].map(
      ([, path]) => new URL(path, ROOT).href,
    );
    const entry = new URL(`${page}.js`, ROOT);
    const needed = [...needs(entry)].filter((href) => href !== entry.href);
    assert.ok(needed.length > 20);
    assert.deepEqual(preloaded.sort(), needed.sort());
  });
}
