"""JavaScript modules put together into one file: a page needs one answer for them, not sixty.

Each module becomes a function, called at once, that returns what the module exports; the comments
of the pages' own style are left out. It reads the few forms of ``import`` and ``export`` that the
pages use, and refuses every other.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from zapette.errors import ZapetteError

REGISTRY: Final = "$modules"
"""What each bundle exports: an object of all modules so far, by their names."""

THIRD_PARTY: Final = "node_modules/"

_COMMENTS: Final = re.compile(r"^[ \t]*//[^\n]*\n|/\*\*.*?\*/", re.MULTILINE | re.DOTALL)
_IMPORT: Final = re.compile(
    r"^import\s+(?:\{(?P<names>[^}]*)\}|\*\s+as\s+(?P<all>[\w$]+))"
    r'\s+from\s+"(?P<path>[^"]+)";$',
    re.MULTILINE,
)
_EXPORT: Final = re.compile(
    r"^export (?=(?:(?:async )?function|class|const) (?P<name>[\w$]+))", re.MULTILINE
)
_OTHER: Final = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_LATER: Final = re.compile(r'\bimport\("(?P<path>[^"]+)"\)')
_RENAMED: Final = re.compile(r"\s+as\s+")


class ModuleError(ZapetteError):
    """A module cannot be put into a bundle; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Module:
    """One module.

    Attributes:
        name: its path below the folder of all modules.
        text: without comments.
        imports: the names of the modules that it needs, in their order.
        later: the names of those that it loads when they are wanted.
    """

    name: str
    text: str
    imports: tuple[str, ...]
    later: tuple[str, ...]

    @classmethod
    def parse(cls, name: str, source: str) -> Module:
        """Return the module of this `source`; ModuleError for a form that is not known."""
        text = without_comments(source)
        other = _OTHER.search(_EXPORT.sub("", _IMPORT.sub("", text)))
        if other is not None:
            raise ModuleError(f"{name}: not a known form: {other[0]}")
        if "import.meta" in text and "/" in name:
            raise ModuleError(f"{name}: import.meta.url would be another, that of the bundle")
        imports = tuple(_resolve(name, found["path"]) for found in _IMPORT.finditer(text))
        later = tuple(_resolve(name, found["path"]) for found in _LATER.finditer(text))
        return cls(name, text, imports, later)

    def body(self, later: Callable[[str], str]) -> str:
        """Return the module as an entry of the registry; `later` is how it loads another one."""

        def taken(found: re.Match[str]) -> str:
            source = f"{REGISTRY}[{json.dumps(_resolve(self.name, found['path']))}]"
            if found["all"]:
                return f"const {found['all']} = {source};"
            return f"const {{{_RENAMED.sub(': ', found['names'])}}} = {source};"

        exports = ", ".join(found["name"] for found in _EXPORT.finditer(self.text))
        text = _EXPORT.sub("", _IMPORT.sub(taken, self.text))
        text = _LATER.sub(lambda found: later(_resolve(self.name, found["path"])), text)
        entry = f"{REGISTRY}[{json.dumps(self.name)}]"
        return f"{entry} = (() => {{\n{text.strip()}\nreturn {{ {exports} }};\n}})();"


class Modules:
    """All modules of a folder, read when they are asked for."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read
        self._known: dict[str, Module] = {}

    def module(self, name: str) -> Module:
        """Return one module."""
        if name not in self._known:
            self._known[name] = Module.parse(name, self._read(name))
        return self._known[name]

    def needed(self, *entries: str) -> list[str]:
        """Return what `entries` import, themselves included, each after all that it imports.

        Raises:
            ModuleError: modules import each other.
        """
        found: dict[str, bool] = {}

        def visit(name: str) -> None:
            if name in found:
                if not found[name]:
                    raise ModuleError(f"{name}: it imports itself by way of others")
                return
            found[name] = False
            for each in self.module(name).imports:
                visit(each)
            # put in anew, so that it stands behind what it imports
            del found[name]
            found[name] = True

        for entry in entries:
            visit(entry)
        return list(found)

    def wanted_later(self, entry: str) -> list[str]:
        """Return the modules that are loaded later, and need not be with `entry` at once."""
        at_once = self.needed(entry)
        known = list(at_once)
        while more := [name for name in self._later(known) if name not in known]:
            known += [name for name in self.needed(*more) if name not in known]
        return known[len(at_once) :]

    def _later(self, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            for each in self.module(name).later:
                if not each.startswith(THIRD_PARTY):
                    yield each


def without_comments(source: str) -> str:
    """Return JavaScript without what `source` says to its readers."""
    return _COMMENTS.sub("", source)


def bundles(modules: Modules, entry: str) -> dict[str, str]:
    """Return two modules by their names: all that `entry` needs, and all that it loads later.

    They belong into the folder of all modules, beside each other.
    """
    stem = entry.removesuffix(".js")
    first, more = f"{stem}.bundle.js", f"{stem}.more.js"
    at_once, late = modules.needed(entry), modules.wanted_later(entry)

    def later(name: str) -> str:
        if name.startswith(THIRD_PARTY):
            return f"import({json.dumps('./' + name)})"
        if name in at_once:
            return f"Promise.resolve({REGISTRY}[{json.dumps(name)}])"
        taken = f"{REGISTRY}[{json.dumps(name)}]"
        return f"import({json.dumps('./' + more)}).then(() => {taken})"

    def joined(names: list[str]) -> str:
        return "\n".join(modules.module(name).body(later) for name in names)

    return {
        first: f"export const {REGISTRY} = {{}};\n{joined(at_once)}\n",
        more: f'import {{ {REGISTRY} }} from "./{first}";\n{joined(late)}\n',
    }


def _resolve(name: str, path: str) -> str:
    if not path.startswith("."):
        raise ModuleError(f"{name}: {path} is no relative path")
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
