"""The addresses under which pages find their modules and styles, and what is behind them.

An address holds a digest of all files together, so a browser may keep what it got for good: another
version of the server has other addresses. In development the files are served as they are.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from webapp.modules import Modules, bundles, without_comments
from zapette.config import ROOT

STATIC: Final = ROOT / "static"
ENTRIES: Final = ("player.js", "remote.js")
EARLY: Final = "early.js"
KEPT: Final = "public, max-age=31536000, immutable"

_SUFFIXES: Final = frozenset({".js", ".css", ".svg", ".png"})
_PRIVATE: Final = frozenset({"node_modules", "tests"})
_LOCK: Final = "package-lock.json"
_VERSION: Final = re.compile(r"v-[0-9a-f]{16}")
_COMMENTS: Final = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


@dataclass(slots=True)
class Assets:
    """What pages load.

    Attributes:
        plain: serve each file by itself, for a browser's debugger.
        version: what addresses begin with; empty if `plain`.
    """

    plain: bool
    version: str = ""
    _made: dict[str, str] = field(default_factory=dict, init=False)

    def start(self) -> Assets:
        """Read all files and put them together."""
        if not self.plain:
            self.version = f"v-{_digest()}"
            modules = Modules(lambda name: (STATIC / name).read_text("utf-8"))
            for entry in ENTRIES:
                self._made.update(bundles(modules, entry))
            # before anybody asks: a page must not hold another version than that of its modules
            self.inline(EARLY)
        return self

    def address(self, name: str) -> str:
        """Return the address of a file below ``static``, relative to the pages."""
        return "/".join(part for part in ("static", self.version, name) if part)

    def script(self, entry: str) -> str:
        """Return the address of the page's module."""
        return self.address(entry if self.plain else entry.replace(".js", ".bundle.js"))

    def styles(self, *names: str) -> list[str]:
        """Return the addresses of these style sheets: of one that has them all, unless `plain`."""
        files = [f"styles/{name}.css" for name in names]
        if self.plain:
            return [self.address(file) for file in files]
        together = f"styles/{'-'.join(names)}.css"
        if together not in self._made:
            sheets = ((STATIC / file).read_text("utf-8") for file in files)
            self._made[together] = _COMMENTS.sub("", "".join(sheets))
        return [self.address(together)]

    def inline(self, name: str) -> str:
        """Return the text of a script that stands in a page itself; it must not end its element."""
        if self.plain or name not in self._made:
            text = without_comments((STATIC / name).read_text("utf-8")).strip()
            if "</script" in text:
                raise ValueError(f"{name}: a page cannot hold it")
            self._made[name] = text
        return self._made[name]

    def made(self, name: str) -> str | None:
        """Return the text of a file that was put together, or None."""
        return self._made.get(name)

    def split(self, name: str) -> tuple[str, str]:
        """Return the version that an address names, or nothing, and the file's own name."""
        version, _, rest = name.partition("/")
        return (version, rest) if _VERSION.fullmatch(version) else ("", name)


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_files()):
        name = str(path.relative_to(STATIC))
        digest.update(b"%d %s %d\n" % (len(name), name.encode(), path.stat().st_size))
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _files() -> list[Path]:
    return [STATIC / _LOCK] + [
        path
        for path in STATIC.rglob("*")
        if path.suffix in _SUFFIXES and _PRIVATE.isdisjoint(path.relative_to(STATIC).parts)
    ]
