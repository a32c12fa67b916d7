"""Gives memory back to the system that was needed once, and that the allocator keeps."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import psutil

_WORTH = 8 * 1024 * 1024


class Trimmer:
    """Trims the C library's heap now and then, while that may be worth its milliseconds.

    What stalled readers or large packets took lies in pieces between what stays, and so the C
    library keeps it for good: 17 of 45 MiB after half a minute of `bench.soak`.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._least = 0
        self._trim = _malloc_trim()

    def resident(self) -> int:
        """Return the bytes of memory that the process takes."""
        return int(self._process.memory_info().rss)

    def trim(self) -> None:
        """Give back what is free, unless the process is about as small as it ever was."""
        if self._trim is None or self.resident() < self._least + _WORTH:
            return
        self._trim(0)
        left = self.resident()
        self._least = min(left, self._least or left)


def _malloc_trim() -> Callable[[int], int] | None:
    """Return what only glibc has."""
    try:
        return getattr(ctypes.CDLL(None), "malloc_trim", None)
    except TypeError:  # Windows has no name for the program itself
        return None
