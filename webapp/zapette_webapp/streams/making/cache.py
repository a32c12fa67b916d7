"""The finished parts of streams, in a bounded folder."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from zapette_webapp.media import spare_room

Name = tuple[str, str]
"""A rendition's key and the name of one of its files."""


class Cache:
    """Files that can be made again; those unread for longest go first. Safe for several threads.

    Args:
        folder: where they are; what an earlier process left there is removed.
        budget: the size limit, in bytes; less if the disk has less room.
    """

    def __init__(self, folder: Path, budget: int) -> None:
        self._folder = folder
        self._budget = budget
        self._lock = threading.Lock()
        self._sizes: OrderedDict[Name, int] = OrderedDict()
        self._used = 0

    @property
    def used(self) -> int:
        """The bytes in the folder."""
        return self._used

    def clear(self) -> None:
        """Remove everything: at the start, and at the end."""
        with self._lock:
            self._sizes.clear()
            self._used = 0
            shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, name: Name, content: Sequence[bytes | memoryview]) -> None:
        """Keep a file, which comes in pieces.

        Raises:
            OSError: it cannot be written.
        """
        target = self._path(name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        size = sum(map(len, content))
        with self._lock:
            spare_room.make_room(target.parent, self._delete, size)
        # two conversions may make the same part
        draft = target.with_suffix(f".{threading.get_ident()}.draft")
        try:
            with draft.open("wb") as file:
                file.writelines(content)
            draft.replace(target)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        with self._lock:
            self._used += size - self._sizes.pop(name, 0)
            self._sizes[name] = size
            self._delete(lambda: self._used <= self._budget or len(self._sizes) == 1)

    def _delete(self, is_enough: Callable[[], bool]) -> None:
        """Delete the oldest files."""
        while self._sizes and not is_enough():
            oldest, size = self._sizes.popitem(last=False)
            self._used -= size
            self._path(oldest).unlink(missing_ok=True)

    def has(self, name: Name) -> bool:
        """Return whether a file is there."""
        with self._lock:
            return name in self._sizes

    def open(self, name: Name) -> BinaryIO | None:
        """Return an open file; None if it is not there, or not any more."""
        with self._lock:
            if name not in self._sizes:
                return None
            try:
                file = self._path(name).open("rb")
            except OSError:
                # somebody else removed it
                self._used -= self._sizes.pop(name)
                return None
            self._sizes.move_to_end(name)
            return file

    def _path(self, name: Name) -> Path:
        folder = hashlib.sha256(name[0].encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return self._folder / folder / name[1]
