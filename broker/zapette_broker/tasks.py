"""The tasks that end with the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Runs coroutines, and holds on to them until they are done."""

    def __init__(self) -> None:
        self._running: set[asyncio.Future[None]] = set()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as a task."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def cancel(self) -> None:
        """Cancel all that still run."""
        for task in list(self._running):
            task.cancel()
