"""What every attack has in common: it goes on until it is cancelled, and counts what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import ClassVar

from tests.hostile.target import Target


class Attack:
    """One way to use up what others need.

    Attributes:
        name: what it does, for tables.
        at_once: how many run side by side.
        counts: what came of each attempt: a status of HTTP, a code of MQTT, ``gone``.
    """

    name: ClassVar[str]
    at_once: ClassVar[int] = 1

    def __init__(self, target: Target) -> None:
        self.target = target
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        """Attack until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(self.at_once):
                group.create_task(self._go_on(number))

    async def _go_on(self, number: int) -> None:
        while True:
            # a server that cuts an attacker off has done well; it comes back
            with suppress(OSError, TimeoutError):
                await self.attack(number)
            self.counts["gone"] += 1
            await asyncio.sleep(0.01)

    async def attack(self, number: int) -> None:
        """Attack until the server ends it."""
        raise NotImplementedError
