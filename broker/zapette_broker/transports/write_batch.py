"""Writes at the end of a turn of the loop what was sent during it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol


class Flushable(Protocol):
    """Something with packets to write."""

    def flush(self) -> None:
        """Write them."""


def call_soon(act: Callable[[], None]) -> None:
    """Act in the next turn of the running event loop."""
    asyncio.get_running_loop().call_soon(act)


class WriteBatch:
    """Gathers the connections with packets to write, so that one write serves many packets.

    Args:
        later: calls a function when all that came in this turn has been handled.
    """

    __slots__ = ("_later", "_waiting")

    def __init__(self, later: Callable[[Callable[[], None]], None] = call_soon) -> None:
        self._later = later
        self._waiting: list[Flushable] = []

    def add(self, sender: Flushable) -> None:
        """Flush the sender at the end of this turn."""
        waiting = self._waiting
        if not waiting:
            self._later(self._flush)
        waiting.append(sender)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for sender in waiting:
            sender.flush()
