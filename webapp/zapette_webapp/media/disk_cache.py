"""Results that took time to make, in a folder with a size limit."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from zapette_webapp.media import spare_room

log = logging.getLogger("zapette.library")

_DRAFT: Final = ".draft"
_TRIMMED_TO: Final = 0.9
_TOUCHED_AFTER: Final = 3600.0
_BLOCK: Final = 4096  # the bytes that even an empty file counts as


class DiskCache:
    """Files by name; those unused for longest are deleted. Safe for several threads.

    Args:
        folder: its place; created by `start`.
        budget: its size limit, in bytes; less if the disk has less room.
    """

    def __init__(self, folder: Path, budget: int) -> None:
        self._folder = folder
        self._budget = budget
        self._lock = threading.Lock()
        self._used = 0

    def start(self) -> None:
        """Create the folder, and delete what a crash has left unfinished."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock:
            for unfinished in self._folder.glob(f"*{_DRAFT}"):
                unfinished.unlink(missing_ok=True)
            self._used = sum(_space(it) for it in self._folder.iterdir() if it.is_file())
            self._trim(None)

    def find(self, name: str) -> Path | None:
        """Return the file with this name; None if it is not there."""
        file = self._folder / name
        try:
            if time.time() - file.stat().st_mtime > _TOUCHED_AFTER:
                os.utime(file)
        except OSError:
            return None
        return file

    def put(self, name: str, content: bytes) -> Path:
        """Keep `content`; return its file.

        Raises:
            OSError: it cannot be stored.
        """
        self.make_room(len(content))
        file = self._folder / name
        draft = self._folder / f"{name}.{threading.get_ident()}{_DRAFT}"
        try:
            draft.write_bytes(content)
            with self._lock:
                replaced = _space(file) if file.exists() else 0
                draft.replace(file)
                self._used += _space(file) - replaced
                self._trim(file)
        finally:
            draft.unlink(missing_ok=True)
        return file

    def make_room(self, size: int = 0) -> None:
        """Delete files until `size` bytes fit on the disk.

        Raises:
            OSError: there is no room.
        """
        with self._lock:
            spare_room.make_room(self._folder, self._delete, size)

    def _trim(self, newest: Path | None) -> None:
        if self._used > self._budget:
            self._delete(lambda: self._used <= self._budget * _TRIMMED_TO, newest)

    def _delete(self, is_enough: Callable[[], bool], newest: Path | None = None) -> None:
        """Delete the files unused for longest; somebody waits for the newest."""
        files = [it for it in self._folder.iterdir() if it.suffix != _DRAFT and it.is_file()]
        for file in sorted(files, key=lambda it: it.stat().st_mtime_ns):
            if is_enough():
                break
            if file != newest:
                self._used -= _space(file)
                file.unlink(missing_ok=True)


def _space(file: Path) -> int:
    return max(_BLOCK, file.stat().st_size)
