"""Tells which parts a change of code affects, for development."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from zapette_server.paths import ROOT

log = logging.getLogger("zapette.manager")

EVERYTHING: Final = "everything"

_FOLDERS: Final = {
    "broker": "broker",
    "webapp": "web",
    "bridge": "bridge",
    "homeassistant": "web",
    "cli": EVERYTHING,
    "server": EVERYTHING,
    "zapette": EVERYTHING,
    "config": EVERYTHING,
}
_SUFFIXES: Final = frozenset({".py", ".toml", ".html"})


class Watcher:
    """Tells which parts need a restart since the last request."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._seen = self._look()

    def changed(self) -> set[str]:
        """Return the names of parts whose code has changed; `EVERYTHING` for common code.

        Code with a syntax error does not count and is logged once per change.
        """
        now = self._look()
        paths = [path for path, at in (now.items() ^ self._seen.items()) if path.exists()]
        gone = self._seen.keys() - now.keys()
        self._seen = now
        changed = {*paths, *gone}
        if not changed or not _all_compile(paths):
            return set()
        return {_FOLDERS[path.relative_to(self._root).parts[0]] for path in changed}

    def _look(self) -> dict[Path, int]:
        seen = {}
        for folder in _FOLDERS:
            for path in (self._root / folder).rglob("*"):
                if path.suffix in _SUFFIXES:
                    try:
                        seen[path] = path.stat().st_mtime_ns
                    except FileNotFoundError:
                        # an editor's file that was there a moment ago
                        continue
        return seen


def _all_compile(paths: Iterable[Path]) -> bool:
    good = True
    for path in sorted(set(paths)):
        if path.suffix != ".py":
            continue
        try:
            compile(path.read_bytes(), str(path), "exec")
        except (SyntaxError, ValueError) as error:
            log.error("not restarted: %s", error)  # noqa: TRY400 - the message is complete
            good = False
        except OSError:
            continue
    return good
