"""One upload, and its folder on the disk."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ADDRESS: Final = "address "
"""The beginning of an owner that is an address."""

_ABOUT: Final = ".about.json"
_PART: Final = ".part"
_READY: Final = "ready"


@dataclass(slots=True)
class Upload:
    """A file that arrives, or has arrived.

    The files next to it are hidden, so that they are never served.

    Attributes:
        folder: its folder, which has the upload's id as name.
        name: the file's name.
        size: bytes once it is complete.
        owners: the links or account, and the address, that it counts for.
        began: when it began, in seconds of the clock of this run.
        dated: when it began, in Unix seconds, for the next run.
        received: how many bytes have arrived.
        touched: when a part arrived, or a player had it, by the same clock as `began`.
        was_held: whether a player has had it.
        is_ready: whether it is complete and can be played.
        lock: held while it is changed.
    """

    folder: Path
    name: str
    size: int
    owners: frozenset[str]
    began: float
    dated: float
    received: int = 0
    touched: float = 0.0
    was_held: bool = False
    is_ready: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def id(self) -> str:
        """Its random name, which nobody can guess."""
        return self.folder.name

    @property
    def missing(self) -> int:
        """Bytes that have not arrived yet."""
        return self.size - self.received

    @property
    def part(self) -> Path:
        """The file while it is not ready."""
        return self.folder / _PART

    @property
    def file(self) -> Path:
        """The file once it is ready."""
        return self.folder / self.name

    def create(self) -> None:
        """Make its folder; raises OSError."""
        self.folder.mkdir(mode=0o700)
        self.part.touch(mode=0o600)
        self.keep()

    def keep(self) -> None:
        """Write down what it is; raises OSError."""
        about = {
            "name": self.name,
            "size": self.size,
            "owners": sorted(self.owners),
            "began": self.dated,
            _READY: self.is_ready,
        }
        draft = self.folder / f"{_ABOUT}.draft"
        draft.write_text(json.dumps(about))
        draft.replace(self.folder / _ABOUT)

    def append(self, read: Callable[[int], bytes], most: int) -> None:
        """Add up to `most` bytes of what `read` returns; raises OSError."""
        with self.part.open("r+b") as file:
            file.truncate(self.received)
            file.seek(self.received)
            while most > 0 and (data := read(min(most, 1 << 18))):
                file.write(data)
                most -= len(data)
            file.flush()
            self.received = file.tell()

    def finish(self, name: str) -> None:
        """Make it playable under its last name; raises OSError."""
        self.name = name
        self.part.rename(self.file)
        self.is_ready = True
        self.keep()

    def take_back(self) -> None:
        """Undo `finish`, even a part of it: what is not written down is lost at the next start."""
        if self.is_ready:
            self.file.rename(self.part)
            self.is_ready = False

    def remove(self) -> None:
        """Delete it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def read(folder: Path) -> Upload | None:
    """Return the upload in a folder; None if it holds none that is whole."""
    try:
        about: dict[str, Any] = json.loads((folder / _ABOUT).read_text())
        dated = float(about["began"])
        upload = Upload(
            folder=folder,
            name=str(about["name"]),
            size=int(about["size"]),
            owners=frozenset(map(str, about["owners"])),
            began=dated,
            dated=dated,
            is_ready=about[_READY] is True,
        )
        file = upload.file if upload.is_ready else upload.part
        upload.received = file.stat().st_size
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return upload if upload.received <= upload.size or upload.is_ready else None


def is_grant(owner: str) -> bool:
    """Return whether an owner is a link or account, and no address."""
    return not owner.startswith(ADDRESS)
