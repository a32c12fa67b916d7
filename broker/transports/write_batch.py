"""Writes at the end of a turn of the loop what was said during it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.sender import Outbound


class Output:
    """Gathers the connections with packets to write, so that one write serves many packets."""

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[Outbound] = []

    def add(self, connection: Outbound) -> None:
        """Flush the connection when all that came in this turn has been handled."""
        waiting = self._waiting
        if not waiting:
            self._loop.call_soon(self._flush)
        waiting.append(connection)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for connection in waiting:
            connection.flush()
