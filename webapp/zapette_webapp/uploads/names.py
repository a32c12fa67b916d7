"""Makes names of files that strangers chose harmless; no I/O."""

from __future__ import annotations

import re
import unicodedata
from posixpath import splitext
from typing import Final

LONGEST: Final = 120
"""The longest name, in bytes; file systems take 255."""

_UNNAMED: Final = "upload"
_SEPARATORS: Final = re.compile(r"[/\\]")
_RESERVED: Final = frozenset('<>:"|?*')


def harmless(name: str) -> str:
    """Return a name that any file system takes and that is neither hidden nor a path.

    Invisible characters and those that turn text around are left out; the extension stays.
    """
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    visible = "".join(it for it in last if _is_plain(it))
    stem, end = splitext(" ".join(visible.split()).strip(". "))
    if len(end) > 12:
        stem, end = stem + end, ""
    stem = _cut(stem.strip(), LONGEST - len(end.encode()))
    return (stem or _UNNAMED) + end


def _is_plain(character: str) -> bool:
    # private-use characters stand for bytes in paths of the library
    category = unicodedata.category(character)
    return character not in _RESERVED and category[0] != "C" and category not in {"Zl", "Zp"}


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode("utf-8", "ignore").rstrip()
