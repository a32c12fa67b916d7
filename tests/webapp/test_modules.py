"""Bundles of modules: what they are made of, run by a real engine."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from webapp.assets import ENTRIES, STATIC
from webapp.modules import ModuleError, Modules, bundles

SOURCES = {
    "page.js": """/** The entry. */
import { double as twice, Shape } from "./parts/shapes.js";
import * as texts from "./texts.js";

export const trace = [twice(4), new Shape().name, texts.hello];
globalThis.lazy = () => import("./parts/lazy.js");
globalThis.known = () => import("./texts.js");
globalThis.foreign = () => import("./node_modules/x/x.mjs");
globalThis.trace = trace;
""",
    "parts/shapes.js": """import { hello } from "../texts.js";

/** @param {import("../nowhere.js").Number} number */
export function double(number) {
  // not "import" or export
  return 2 * /** @type {any} */ (number);
}

export class Shape {
  name = `${hello} // stays`;
}
""",
    "texts.js": """globalThis.runs = (globalThis.runs || 0) + 1;
export const hello = "hello";

export async function later() {}
""",
    "parts/lazy.js": """import { hello } from "../texts.js";
import { end } from "./end.js";

export const said = [hello, end];
""",
    "parts/end.js": "export const end = 1;\n",
}


def modules(**more: str) -> Modules:
    """Return modules that stand in no file."""
    sources = SOURCES | {f"{name}.js": source for name, source in more.items()}
    return Modules(lambda name: sources[name])


def test_modules_run_together_as_they_run_alone(tmp_path: Path) -> None:
    for name, text in bundles(modules(), "page.js").items():
        (tmp_path / name).write_text(text)
    foreign = tmp_path / "node_modules" / "x"
    foreign.mkdir(parents=True)
    (foreign / "x.mjs").write_text("export default 7;")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "run.js").write_text("""import "./page.bundle.js";
const { said } = await lazy();
const { later } = await known();
const foreigner = await foreign();
console.log(JSON.stringify([trace, said, typeof later, foreigner.default, runs]));""")
    node = shutil.which("node")
    assert node is not None
    output = subprocess.run([node, "run.js"], cwd=tmp_path, check=True, capture_output=True)
    wanted = [[8, "hello // stays", "hello"], ["hello", 1], "function", 7, 1]
    assert json.loads(output.stdout) == wanted


def test_what_is_wanted_later_comes_apart() -> None:
    page = modules()
    assert page.needed("page.js") == ["texts.js", "parts/shapes.js", "page.js"]
    assert page.wanted_later("page.js") == ["parts/end.js", "parts/lazy.js"]


@pytest.mark.parametrize(
    "source",
    [
        'import "./texts.js";',
        'import texts from "./texts.js";',
        "export default 4;",
        "const a = 1;\nexport { a };",
        'export * from "./texts.js";',
        "export let a = 1;",
        'import { a } from "elsewhere";',
    ],
)
def test_a_form_that_is_not_known_is_refused(source: str) -> None:
    with pytest.raises(ModuleError, match=r"wrong\.js"):
        modules(wrong=source).needed("wrong.js")


def test_modules_that_import_each_other_are_refused() -> None:
    circle = modules(
        a='import { b } from "./b.js";\nexport const a = 1;',
        b='import { a } from "./a.js";\nexport const b = 1;',
    )
    with pytest.raises(ModuleError, match="imports itself"):
        circle.needed("a.js")


def test_an_address_of_a_module_in_a_folder_is_refused() -> None:
    inner = {"parts/inner.js": "export const url = import.meta.url;"}
    with pytest.raises(ModuleError, match=r"import\.meta"):
        Modules(lambda name: inner[name]).needed("parts/inner.js")


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_pages_can_be_put_together(entry: str) -> None:
    pages = Modules(lambda name: (STATIC / name).read_text("utf-8"))
    first = bundles(pages, entry)[entry.replace(".js", ".bundle.js")]
    assert len(pages.needed(entry)) > 40
    assert "/**" not in first
    assert "\nimport " not in first
