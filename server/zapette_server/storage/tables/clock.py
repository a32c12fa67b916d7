"""Jumps of the time of day: a Pi has no hardware clock, and people set other clocks by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from zapette_server.storage.connection import Connection

TOLERANCE: Final = 60.0
"""The largest difference from the elapsed time that is no jump, in seconds."""

_KEPT_EVERY: Final = 600.0
_KEEP: Final = (
    "INSERT INTO clock VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET wall = excluded.wall"
)
TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY CHECK (one = 1), wall REAL NOT NULL)"
)


class Clock:
    """The time of day and its jumps, including those across a restart.

    Time in which no process ran is a jump too, because no player could be seen then.

    Args:
        wall: returns the time of day, in Unix seconds.
        steady: returns seconds that do not follow the time of day.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._last: tuple[float, float] | None = None
        self._kept_at = float("-inf")

    def steady(self) -> float:
        """Return seconds that do not follow the time of day."""
        return self._steady()

    def look(self, file: Connection) -> tuple[float, float]:
        """Return the time, and the time without the jump since the last call, which may equal it.

        The caller has a transaction.

        Args:
            file: keeps the time across a restart; `prepare` created the table.
        """
        wall, steady = self._wall(), self._steady()
        if self._last is None:
            kept = file.read("SELECT wall FROM clock")
            expected = kept[0][0] if kept else wall
        else:
            expected = self._last[0] + steady - self._last[1]
        self._last = (wall, steady)
        jumped = abs(wall - expected) > TOLERANCE
        if jumped or steady - self._kept_at >= _KEPT_EVERY:
            file.write(_KEEP, (wall,))
            self._kept_at = steady
        return wall, expected if jumped else wall


def prepare(file: Connection) -> None:
    """Create the table of `Clock.look`; this takes no lock if it exists."""
    file.write(TABLE)
