import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * Return each module as the compiler writes it for `target`.
 * @param {string} target
 */
function emit(target) {
  const folder = mkdtempSync(join(tmpdir(), "zapette-emit-"));
  try {
    const tsc = join(ROOT, "node_modules", ".bin", "tsc");
    const options = [
      "--noEmit",
      "false",
      "--outDir",
      folder,
      "--rootDir",
      ROOT,
      "--target",
      target,
    ];
    // The library stays that of the older language, so that a newer method is an error.
    execFileSync(tsc, ["--project", ROOT, ...options], { stdio: "pipe" });
    const names = readdirSync(folder, { recursive: true }).map(String).sort();
    return names
      .filter((name) => name.endsWith(".js"))
      .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("no module has syntax that a television of 2021 (Chromium 79) cannot read", () => {
  const old = emit("ES2019");
  const modern = emit("ESNext");
  assert.ok(old.length > 30);
  for (const [index, { name, text }] of old.entries()) {
    assert.equal(modern[index].name, name);
    assert.equal(modern[index].text, text, `${name} has syntax newer than ES2019`);
  }
});
