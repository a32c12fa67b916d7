"""Who imports whom, and whose private names are used; imports for types count like all others."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from zapette_server.paths import ROOT

LAYERS: tuple[tuple[str, ...], ...] = (
    ("zapette_cli",),
    ("zapette_webapp", "zapette_homeassistant", "zapette_bridge"),
    ("zapette_server",),
    ("zapette", "zapette_broker"),
)
"""The packages: each imports only from the rows below its own, as docs/development.md draws it."""

PACKAGES = tuple(package for layer in LAYERS for package in layer)

FENCES = {
    "zapette_broker": "zapette_broker.amqtt",
    # psutil has no other name for the types of its tables
    "zapette_webapp": "zapette_webapp.network.network",
}
"""Which part of a package alone may use private names of packages that are not ours."""

Edges = Mapping[str, set[str]]


def modules(package: str) -> dict[str, ast.Module]:
    """Return the parsed modules of a package by name."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    found = {}
    for path in root.rglob("*.py"):
        parts = [package, *path.relative_to(root).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(module: ast.Module) -> Iterator[str]:
    """Go through what a module imports, as dotted names; none of ours is imported relatively."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield from (f"{node.module}.{name.name}" for name in node.names)


def edges_within(package: str) -> dict[str, set[str]]:
    """Return which modules of a package each of them imports."""
    trees = modules(package)
    edges: dict[str, set[str]] = {}
    for name, tree in trees.items():
        targets = (target if target in trees else _parent(target) for target in imported(tree))
        edges[name] = {target for target in targets if target in trees}
    return edges


def circles(edges: Edges) -> list[set[str]]:
    """Return the groups of modules that reach each other."""
    below = {name: _reached(edges, name) for name in edges}
    return [
        {name, *(other for other in reached if name in below[other])}
        for name, reached in below.items()
        if name in reached
    ]


def _reached(edges: Edges, start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += edges.get(name, ())
    return reached


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d"}}) == [
        {"b", "c"},
        {"b", "c"},
        {"d"},
    ]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle(package: str) -> None:
    assert circles(edges_within(package)) == []


@pytest.mark.parametrize(
    ("package", "below"),
    [
        (package, tuple(name for layer in LAYERS[number + 1 :] for name in layer))
        for number, layer in enumerate(LAYERS)
        for package in layer
    ],
)
def test_imports_point_down(package: str, below: tuple[str, ...]) -> None:
    allowed = {package, *below}
    wrong = [
        f"{name} imports {target}"
        for name, tree in modules(package).items()
        for target in imported(tree)
        if (top := target.partition(".")[0]) in PACKAGES and top not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("package", PACKAGES)
def test_private_names_of_others_stay_behind_the_fence(package: str) -> None:
    trees = modules(package)
    own = {name for tree in trees.values() for name in _defined(tree)}
    wrong = [
        f"{name} uses {used}"
        for name, tree in trees.items()
        if not _is_in(name, FENCES.get(package))
        for used in _private(tree)
        if used not in own
    ]
    assert wrong == []


def _is_in(name: str, part: str | None) -> bool:
    return part is not None and (name == part or name.startswith(f"{part}."))


def _private(tree: ast.Module) -> Iterator[str]:
    """Go through the private names that a module reads from other modules and from objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names: Iterable[str] = (node.attr,)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = (part for name in node.names for part in name.name.split("."))
        else:
            continue
        yield from (name for name in names if name.startswith("_") and not name.endswith("__"))


def _defined(tree: ast.Module) -> Iterator[str]:
    """Go through the names that a module defines, or sets on an object of its own."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


PAGE_LAYERS: tuple[tuple[str, ...], ...] = (
    ("player", "remote"),
    ("page", "library"),
    ("elements", "playback", "connection"),
    ("media", "i18n", "mqtt"),
    ("events", "protocol"),
)
"""The folders of the pages: each imports only from the rows below its own."""

# what runs, and no types: `import("…").Type` is in comments only
_IMPORT = re.compile(
    r'^(?:import|export)\b[^;"]*?\bfrom "(\.[^"]+)"|^import "(\.[^"]+)"'
    r'|\bimport\("(\.[^"]+)"\)(?!\.\w)',
    re.MULTILINE,
)


def page_edges() -> dict[str, set[str]]:
    """Return which modules of the pages each of them imports."""
    static = ROOT / "static"
    folders = {folder for layer in PAGE_LAYERS for folder in layer}
    edges: dict[str, set[str]] = {}
    for folder in folders:
        for path in (static / folder).rglob("*.js"):
            found = ("".join(it) for it in _IMPORT.findall(path.read_text(encoding="utf-8")))
            targets = (os.path.relpath((path.parent / it).resolve(), static) for it in found)
            edges[os.path.relpath(path, static)] = {
                it for it in targets if it.partition("/")[0] in folders
            }
    return edges


def test_modules_of_the_pages_point_down() -> None:
    edges = page_edges()
    assert edges["player/player.js"] > {"media/media.js", "player/player-page.js"}
    rows = {folder: row for row, layer in enumerate(PAGE_LAYERS) for folder in layer}
    wrong = [
        f"{name} imports {target}"
        for name, targets in edges.items()
        for target in targets
        if (here := name.partition("/")[0]) != (there := target.partition("/")[0])
        and rows[there] <= rows[here]
    ]
    assert wrong == []


def test_modules_of_the_pages_have_no_circle() -> None:
    assert circles(page_edges()) == []


def test_every_folder_of_the_pages_has_a_row() -> None:
    folders = {it.parent for it in (ROOT / "static").glob("*/*.js")}
    others = {"dist", "tests", "node_modules", "types"}
    named = {it.name for it in folders if not it.name.startswith(".")} - others
    assert named == {folder for layer in PAGE_LAYERS for folder in layer}
