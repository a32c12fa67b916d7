"""One listening socket of the broker, and how many clients it may have."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.connection import Connection
    from broker.metrics import Metrics
    from broker.wire import Wire

logger = logging.getLogger("broker")


class Listener:
    """Counts the clients of one listener, and makes the connection of each.

    Attributes:
        name: its name in the configuration.
        count: clients connected now.
        server: the listening socket, None for an external listener.
    """

    __slots__ = ("_make", "_max", "_metrics", "_was_full", "count", "name", "server", "wires")

    def __init__(
        self,
        name: str,
        max_connections: int,
        metrics: Metrics,
        make: Callable[[Wire], Connection],
    ) -> None:
        self.name = name
        self.count = 0
        self.server: asyncio.Server | None = None
        self.wires: set[Wire] = set()
        self._max = max_connections
        self._metrics = metrics
        self._make = make
        self._was_full = False

    def admit(self) -> bool:
        """Count a client that comes, or tell that there is no room for it."""
        if self.count >= self._max:
            self._metrics.connections_refused += 1
            if not self._was_full:
                self._was_full = True
                logger.warning("event=listener_full listener=%s limit=%d", self.name, self._max)
            return False
        self.count += 1
        return True

    def open(self, wire: Wire) -> Connection:
        """Return the connection of a client that was admitted."""
        self.wires.add(wire)
        connection = self._make(wire)
        connection.opened()
        return connection

    def closed(self, wire: Wire) -> None:
        """Count a client that left."""
        self.wires.discard(wire)
        self.count -= 1
        if self._was_full and self.count < self._max * 0.9:
            self._was_full = False
            logger.warning("event=listener_has_room listener=%s", self.name)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Return the addresses and ports it is bound to."""
        if self.server is None:
            return []
        return [sock.getsockname()[:2] for sock in self.server.sockets]

    async def stop(self) -> None:
        """Take no more clients, and cut those that are left."""
        if self.server is not None:
            self.server.close()
        for wire in list(self.wires):
            wire.abort()
        if self.server is not None:
            await self.server.wait_closed()
