"""The memory by which processes that share an SQLite file learn of each other's commits."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Final

_HEADER: Final = 48


class WalIndex:
    """The header of a file's WAL index, which every commit changes before it returns.

    SQLite itself compares these bytes to see whether another process has written ("WAL-mode File
    Format", 2.1). Reading them is reading memory: it takes no lock and never waits.
    """

    def __init__(self, path: Path) -> None:
        """Prepare for the SQLite file `path`; the index is opened at the first use."""
        self._path = path
        self._file: int | None = None
        self._memory: mmap.mmap | None = None
        self._closed = False

    def header(self) -> bytes | None:
        """Return the header; None if there is none, as after `close`."""
        try:
            return (self._memory or self._open())[:]
        except (OSError, ValueError):
            # not there, too short or closed
            return None

    def _open(self) -> mmap.mmap:
        if self._closed:
            raise ValueError("closed")
        if self._file is None:
            self._file = os.open(f"{self._path.resolve()}-shm", os.O_RDONLY)
        self._memory = mmap.mmap(self._file, _HEADER, access=mmap.ACCESS_READ)
        return self._memory

    def close(self) -> None:
        """Close the index, when this process has closed its connections to the file.

        Closing a file drops all POSIX locks that the process has on it: SQLite's too.
        """
        self._closed = True
        if self._memory is not None:
            self._memory.close()
            self._memory = None
        if self._file is not None:
            os.close(self._file)
            self._file = None
