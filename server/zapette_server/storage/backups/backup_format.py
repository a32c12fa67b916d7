"""What a backup holds: which files of a data folder, under which names, and their manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from zapette_broker.storage.sqlite_file import SIDE_FILES
from zapette_server.errors import BackupError
from zapette_server.storage.data_folder import ASIDE

MANIFEST: Final = "zapette-backup.json"
"""The entry that lists the others."""

SETTINGS: Final = "zapette.toml"
"""The entry that is the settings file."""

NEEDED: Final = frozenset({"secret", "home-password"})
"""Entries without which a data folder is not whole."""

MOST_FILES: Final = 1000
MOST_BYTES: Final = 4 << 30
MOST_MANIFEST: Final = 1 << 20

_FORMAT: Final = 1
_PART: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.@+-]{0,98}[A-Za-z0-9_@+-])?")
_DEPTH: Final = 4
_DERIVED: Final = ("library.db", "thumbnails", "subtitles", "streams", "uploads")
_OF_A_DISK: Final = "lost+found"
_OF_A_RUN: Final = (".lock", ".sock")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a backup: its size in bytes, and the SHA-256 of its content in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        version: the version of Zapette that made it.
        made_at: when, in ISO 8601 with UTC.
        files: each entry by its name.
    """

    version: str
    made_at: str
    files: Mapping[str, Entry]

    def encode(self) -> str:
        """Return it as JSON."""
        files = {
            name: {"size": it.size, "sha256": it.sha256} for name, it in sorted(self.files.items())
        }
        about = {"format": _FORMAT, "version": self.version, "made_at": self.made_at}
        return json.dumps({**about, "files": files}, indent=1) + "\n"

    @classmethod
    def decode(cls, text: bytes) -> Self:
        """Read what `encode` wrote, and check every name and size.

        Raises:
            BackupError: it is malformed, of a newer format, or names a file that no backup holds.
        """
        try:
            found = json.loads(text)
            if type(found["format"]) is int and found["format"] > _FORMAT:
                raise BackupError(
                    f"a newer version of Zapette ({found['version']}) made it;"
                    " install that version to restore it"
                )
            files = {
                str(name): Entry(int(it["size"]), str(it["sha256"]))
                for name, it in found["files"].items()
            }
            made = cls(str(found["version"]), str(found["made_at"]), files)
        except (
            ValueError,
            ArithmeticError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ) as error:
            raise BackupError("its manifest is damaged") from error
        _check(files)
        return made


def _check(files: Mapping[str, Entry]) -> None:
    for name, entry in files.items():
        if name != SETTINGS and not is_kept(name):
            raise BackupError(f"it holds {name!r}, which is not a file of a backup")
        if entry.size < 0:
            raise BackupError("its manifest is damaged")
    if len({name.casefold() for name in files}) != len(files):
        raise BackupError("it holds a file twice")
    if len(files) > MOST_FILES or sum(it.size for it in files.values()) > MOST_BYTES:
        raise BackupError(
            f"it holds more than {MOST_FILES} files or {MOST_BYTES >> 30} GiB, which no backup does"
        )
    if missing := sorted(NEEDED - files.keys()):
        raise BackupError(f"{missing[0]!r} is missing in it")


def is_kept(name: str) -> bool:
    """Return whether a backup holds the file with this path in the data folder, in POSIX notation.

    It leaves out what is made again from the films, what is of a run, and what was put aside.
    """
    parts = name.split("/")
    if len(parts) > _DEPTH or not all(_PART.fullmatch(it) for it in parts):
        return False
    return not (
        name == SETTINGS
        or stays(parts[0])
        or parts[-1].startswith("tmp")
        or parts[-1].endswith((*SIDE_FILES, *_OF_A_RUN))
        or ".damaged-" in parts[-1]
    )


def stays(name: str) -> bool:
    """Return whether a file or folder directly in the data folder stays there during a restore."""
    return (
        name in (*_DERIVED, _OF_A_DISK)
        or name.startswith((".", ASIDE, f"{_DERIVED[0]}-"))
        or name.endswith(_OF_A_RUN)
    )
