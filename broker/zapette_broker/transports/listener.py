"""One listening socket of the broker, and how many clients it may have."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from zapette_broker.client_addresses import client_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from zapette_broker.monitoring.metrics import Metrics
    from zapette_broker.transports.transport import StreamReceiver, Transport

logger = logging.getLogger("broker")


class Server(Protocol):
    """What brings connections to a listener; `asyncio.Server` is one."""

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """The sockets of the network that it listens on."""

    def close(self) -> None:
        """Take no more connections."""

    async def wait_closed(self) -> None:
        """Wait until it has closed."""


class Places:
    """Counts the clients of one listener, or of all.

    Those that may not draw on the reserve, the guests, have nine tenths of the places: where these
    are full of them a newcomer still has one for long enough to say who it is.

    Attributes:
        most: how many there may be.
        taken: how many there are.
        guests: those among them that may not draw on the reserve.
    """

    __slots__ = ("guests", "most", "taken")

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self.guests = 0

    @property
    def is_full(self) -> bool:
        """Whether there is no place left."""
        return self.taken >= self.most

    @property
    def is_full_of_guests(self) -> bool:
        """Whether no place is left for a guest."""
        return self.guests >= _without_reserve(self.most)

    @property
    def has_room(self) -> bool:
        """Whether a tenth of the places is free again."""
        return self.taken < self.most * 0.9


class Listener:
    """Counts the clients of one listener, and makes the connection of each.

    Args:
        name: its name in the configuration.
        places: those of all listeners: each is an open file, and the stores need some too.
        max_connections: the most clients of this one.
        max_of_address: the most clients of an address.
        metrics: what counts.
        make: makes the connection of a client.

    Attributes:
        name: its name in the configuration.
        server: what brings connections, None for an external listener.
        strangers: clients that are not authenticated yet, the oldest first.
    """

    __slots__ = (
        "_addresses", "_guests", "_guests_of", "_make", "_max_of_address", "_metrics", "_own",
        "_places", "_strangers_of", "_was_full", "name", "server", "strangers", "transports",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        places: Places,
        max_connections: int,
        max_of_address: int,
        metrics: Metrics,
        make: Callable[[Transport], StreamReceiver],
    ) -> None:
        self.name = name
        self.server: Server | None = None
        self.transports: set[Transport] = set()
        self.strangers: dict[Transport, None] = {}
        self._strangers_of: dict[str, dict[Transport, None]] = {}
        self._addresses: Counter[str] = Counter()
        self._guests: set[Transport] = set()
        self._guests_of: Counter[str] = Counter()
        self._own = Places(max_connections)
        self._places = (self._own, places)
        self._max_of_address = max_of_address
        self._metrics = metrics
        self._make = make
        self._was_full = False

    @property
    def count(self) -> int:
        """Return how many clients are connected."""
        return self._own.taken

    def admit(self, peer: str) -> bool:
        """Count a client from an address, or tell that there is no room for it.

        If the listener is full, the oldest client that is not authenticated closes; if only the
        address has reached its limit, the oldest such client from that address.
        """
        rivals = None
        if any(it.is_full for it in self._places):
            rivals = self.strangers
            self._say_full()
        elif self._addresses[client_of(peer)] >= self._max_of_address:
            rivals = self._strangers_of.get(client_of(peer), {})
        if rivals is not None:
            self._metrics.connections_refused += 1
            if not rivals:
                return False
            oldest = next(iter(rivals))
            self._forget_stranger(oldest)
            oldest.abort()
        for places in self._places:
            places.taken += 1
        self._addresses[client_of(peer)] += 1
        return True

    def _say_full(self) -> None:
        if not self._was_full:
            self._was_full = True
            logger.warning(
                "event=listener_full listener=%s limit=%d",
                self.name,
                min(it.most for it in self._places),
            )

    def open(self, transport: Transport) -> StreamReceiver:
        """Return the connection of a client that was admitted."""
        self.transports.add(transport)
        self.strangers[transport] = None
        self._strangers_of.setdefault(client_of(transport.peer), {})[transport] = None
        connection = self._make(transport)
        connection.opened()
        return connection

    def has_place(self, transport: Transport, *, reserve: bool) -> bool:
        """Return whether a stranger may stay, now that it has proved who it is.

        Args:
            transport: the stranger.
            reserve: whether it may draw on the reserve.
        """
        if reserve:
            return True
        if any(it.is_full_of_guests for it in self._places):
            self._say_full()
        elif self._guests_of.get(client_of(transport.peer), 0) < _without_reserve(
            self._max_of_address
        ):
            return True
        self._metrics.connections_refused += 1
        return False

    def known(self, transport: Transport, *, reserve: bool) -> None:
        """Take note that a client has proved who it is, and stays."""
        self._forget_stranger(transport)
        if not reserve:
            self._guests.add(transport)
            for places in self._places:
                places.guests += 1
            self._guests_of[client_of(transport.peer)] += 1

    def _forget_stranger(self, transport: Transport) -> None:
        if transport not in self.strangers:
            return
        del self.strangers[transport]
        client = client_of(transport.peer)
        of_address = self._strangers_of[client]
        del of_address[transport]
        if not of_address:
            del self._strangers_of[client]

    def closed(self, transport: Transport) -> None:
        """Count a client that left."""
        self.transports.discard(transport)
        self._forget_stranger(transport)
        if transport in self._guests:
            self._guests.remove(transport)
            for places in self._places:
                places.guests -= 1
            _take_one(self._guests_of, client_of(transport.peer))
        for places in self._places:
            places.taken -= 1
        _take_one(self._addresses, client_of(transport.peer))
        if self._was_full and all(it.has_room for it in self._places):
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
        for transport in list(self.transports):
            transport.abort()
        if self.server is not None:
            await self.server.wait_closed()


def _without_reserve(places: int) -> int:
    return places - places // 10


def _take_one(counted: Counter[str], address: str) -> None:
    counted[address] -= 1
    if not counted[address]:
        del counted[address]
