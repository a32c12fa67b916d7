"""Converts between a file's name, its path in the library and its address; no I/O.

A *path* is Unicode text, whatever the file system holds. Names on Linux are bytes: a byte that is
not UTF-8 becomes a private-use character, U+F780 to U+F7FF; if a name contains these characters,
their own bytes are converted too. So each name has one path, and each path at most one name.

The pages make the same addresses: ``tests/vectors/paths.json``.
"""

from __future__ import annotations

import os
import re
from typing import Final
from urllib.parse import quote

from werkzeug.routing import BaseConverter

_SURROGATES: Final = 0xDC80
_PRIVATE: Final = 0xF780
_TO_PRIVATE: Final = {_SURROGATES + it: _PRIVATE + it for it in range(0x80)}
_TO_SURROGATE: Final = {_PRIVATE + it: _SURROGATES + it for it in range(0x80)}
_AMBIGUOUS: Final = re.compile("[\uf780-\uf7ff]")


def from_disk(name: str) -> str:
    """Return the path for a name from `os.listdir`; it may have several levels."""
    return _AMBIGUOUS.sub(_as_bytes, name).translate(_TO_PRIVATE)


def to_disk(path: str) -> str | None:
    """Return the file system's name for a path; None if `from_disk` never returns it."""
    try:
        name = os.fsdecode(os.fsencode(path.translate(_TO_SURROGATE)))
    except UnicodeEncodeError:
        return None
    return name if from_disk(name) == path else None


def shown(path: str) -> str:
    """Return a path for people to read: bytes that are not text become U+FFFD."""
    return _AMBIGUOUS.sub("\ufffd", path)


def printable(path: str) -> str:
    """Return a path that a header may contain: invisible characters become ``_``."""
    return "".join(it if it.isprintable() else "_" for it in shown(path))


def address(route: str, path: str) -> str:
    """Return the address of a file in the library below a route, as pages use it: relative."""
    return f"{route}/{quote(path)}"


class LibraryPath(BaseConverter):
    """Reads back the part of an address that `address` makes from a path: ``<library_path:path>``.

    Unlike ``<path:…>`` it accepts any character, even a line break.
    """

    part_isolating = False
    regex = r"[^/][\s\S]*?"
    weight = 200


def _as_bytes(found: re.Match[str]) -> str:
    return found[0].encode().decode("ascii", "surrogateescape")
