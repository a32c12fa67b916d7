"""How a file is named in the library, and its address: one way there and one way back; no I/O.

A *path* is Unicode text, whatever the file system holds. Names on Linux are bytes: one that is no
UTF-8 becomes a private character, U+F780 to U+F7FF, and these characters, should they stand in
a name, become their own bytes. So each name has one path, and each path at most one name.

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
    """Return the path of what `os.listdir` calls `name`, which may be of several levels."""
    return _AMBIGUOUS.sub(_as_bytes, name).translate(_TO_PRIVATE)


def to_disk(path: str) -> str | None:
    """Return what the file system calls a path; None if `from_disk` gives no such path."""
    try:
        name = os.fsdecode(os.fsencode(path.translate(_TO_SURROGATE)))
    except UnicodeEncodeError:
        return None
    return name if from_disk(name) == path else None


def shown(path: str) -> str:
    """Return a path as people see it: bytes that are no text as U+FFFD."""
    return _AMBIGUOUS.sub("\ufffd", path)


def printable(path: str) -> str:
    """Return a path without what no header may hold: all that cannot be seen as ``_``."""
    return "".join(it if it.isprintable() else "_" for it in shown(path))


def address(route: str, path: str) -> str:
    """Return the address of a file in the library below a route, as pages use it: relative."""
    return f"{route}/{quote(path)}"


class LibraryPath(BaseConverter):
    """The part of an address that `address` makes of a path, read back: ``<library_path:path>``.

    Unlike ``<path:…>`` it takes any character, a line break as well.
    """

    part_isolating = False
    regex = r"[^/][\s\S]*?"
    weight = 200


def _as_bytes(found: re.Match[str]) -> str:
    return found[0].encode().decode("ascii", "surrogateescape")
