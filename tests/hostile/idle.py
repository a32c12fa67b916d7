"""Connections that do nothing, a great many of them."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from tests.hostile.attack import Attack
from tests.hostile.peer import stream


class Idles(Attack):
    """Opens connections to both ports, says nothing, and opens them again when they are closed."""

    name: ClassVar[str] = "idle connections"
    at_once: ClassVar[int] = 5_000

    async def attack(self, number: int) -> None:
        await asyncio.sleep(number / self.at_once)
        target = self.target
        port = target.mqtt_port if number % 2 else target.http_port
        reader, writer = await stream(port, target.address)
        self.counts["opened"] += 1
        try:
            await reader.read(1)
        finally:
            writer.close()
        # one that is refused at once does not begin to knock
        await asyncio.sleep(1)
