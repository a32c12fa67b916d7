/**
 * Builds `dist/`, which has all that a browser loads, at the addresses that the sources have: each
 * page's modules joined into one file, what a page loads later into another, the styles, hls.js,
 * jassub.
 *
 * `dist/manifest.json` names the files and the sources with their digests, so that the server knows
 * when to build again (webapp/zapette_webapp/pages/assets.py).
 */

import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** @typedef {import("esbuild").BuildOptions} BuildOptions */

const ROOT = dirname(fileURLToPath(import.meta.url));
/** What `page/supported.js` asks for: a language, two newer things, and for the styles these browsers. */
const LANGUAGE = "es2019";
const SUPPORTED = { "dynamic-import": true, "import-meta": true };
const BROWSERS = ["chrome79", "firefox75", "safari14"];
const PAGES = ["player/player.js", "remote/remote.js"];
const STDIN = "<page>";
/** Chromium compiles all functions in another thread while the page loads, not at their first calls. */
const EAGER = "//# allFunctionsCalledOnLoad";
const REPORTS = "page/error-reports.js";
/** Run by browsers too old for modules, or before all modules. */
const CLASSIC = ["page/supported.js", "remote/early.js"];
const STYLES = ["styles/player.css", "styles/remote.css", "styles/views.css"];
/** Draws ASS; it needs newer browsers than the pages do. */
const JASSUB = "node_modules/jassub/dist/";
const JASSUB_WORKER = `${JASSUB}worker/worker.js`;
const JASSUB_FILES = ["wasm/jassub-worker.wasm", "default.woff2"].map((name) => JASSUB + name);
const HLS = ["hls.min.mjs", "hls.worker.js"].map((name) => `node_modules/hls.js/dist/${name}`);

const folder = mkdtempSync(join(ROOT, ".dist-"));
// the server may run as somebody else, as in a container
chmodSync(folder, 0o755);
/** @type {Set<string>} */
const sources = new Set(["build.js", "package-lock.json", ...HLS, ...JASSUB_FILES]);
/** @type {Set<string>} */
const files = new Set([...HLS, ...JASSUB_FILES]);
try {
  for (const file of files) cpSync(join(ROOT, file), join(folder, file));
  await Promise.all([
    ...PAGES.map(bundle),
    write({ entryPoints: [REPORTS], format: "esm" }),
    write({ entryPoints: [JASSUB_WORKER], format: "esm", target: "es2022" }),
    write({ entryPoints: CLASSIC, bundle: false, target: "es5" }),
    write({ entryPoints: STYLES, target: BROWSERS }),
  ]);
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest(), null, 1));
  rmSync(join(ROOT, "dist"), { recursive: true, force: true });
  renameSync(folder, join(ROOT, "dist"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function manifest() {
  const names = Array.from(sources).sort();
  const digests = names.map((name) => [name, digest(readFileSync(join(ROOT, name)))]);
  const version = digest(JSON.stringify(digests)).slice(0, 16);
  return { version, files: Array.from(files).sort(), sources: Object.fromEntries(digests) };
}

/** @param {string | Uint8Array} content */
function digest(content) {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * Write one build, and note what it was made of.
 * @param {BuildOptions} options
 */
async function write(options) {
  const { metafile, warnings } = await build({
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    outbase: ROOT,
    outdir: folder,
    target: LANGUAGE,
    supported: SUPPORTED,
    logLevel: "warning",
    // Two modules that export one name: what a late module takes would be neither.
    logOverride: { "ambiguous-reexport": "error" },
    ...options,
    metafile: true,
  });
  if (warnings.length) throw new Error("a warning is an error");
  const inputs = Object.keys(metafile.inputs).filter((name) => name !== STDIN);
  for (const name of inputs) sources.add(name);
  for (const name of Object.keys(metafile.outputs)) files.add(relative(folder, join(ROOT, name)));
  return inputs;
}

/**
 * Build a page, and each module that it imports only when it is wanted. Such a module shares those
 * of the page: the page's file exports what it takes.
 * @param {string} entry
 */
async function bundle(entry) {
  /** @type {Set<string>} */
  const late = new Set();
  const known = new Set((await page(entry, late)).map((name) => join(ROOT, name)));
  /** @type {Set<string>} */
  const shared = new Set();
  await Promise.all(Array.from(late, (each) => lateModule(each, entry, known, shared)));
  await page(entry, late, shared);
}

/**
 * @param {string} entry
 * @param {Set<string>} late gets the modules that are imported later
 * @param {Iterable<string>} [shared] the modules whose exports the page exports
 */
function page(entry, late, shared = []) {
  const names = [join(ROOT, entry), ...Array.from(shared).sort()];
  const contents = names.map((name) => `export * from ${JSON.stringify(name)};`).join("\n");
  const home = join(ROOT, dirname(entry));
  return write({
    stdin: { contents, sourcefile: STDIN, resolveDir: ROOT },
    entryNames: entry.replace(/\.js$/, ""),
    format: "esm",
    banner: { js: EAGER },
    plugins: [
      {
        name: "later",
        setup({ onResolve }) {
          onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
            if (kind !== "dynamic-import") return undefined;
            const target = resolve(resolveDir, path);
            if (!target.includes("node_modules")) late.add(target);
            return { path: address(home, target), external: true };
          });
        },
      },
    ],
  });
}

/**
 * @param {string} module
 * @param {string} entry of its page
 * @param {Set<string>} known the modules of its page
 * @param {Set<string>} shared gets those of them that it takes
 */
function lateModule(module, entry, known, shared) {
  const path = address(dirname(module), join(ROOT, entry));
  return write({
    entryPoints: [module],
    format: "esm",
    plugins: [
      {
        name: "shared",
        setup({ onResolve }) {
          onResolve({ filter: /^\./ }, ({ path: wanted, resolveDir }) => {
            const target = resolve(resolveDir, wanted);
            if (!known.has(target)) return undefined;
            shared.add(target);
            return { path, external: true };
          });
        },
      },
    ],
  });
}

/**
 * Return the address of a file for modules in a folder.
 * @param {string} from
 * @param {string} to
 */
function address(from, to) {
  const path = relative(from, to);
  return path.startsWith(".") ? path : `./${path}`;
}
