"""Limits of the open connections, in total and by address; no I/O."""

from __future__ import annotations

from collections import defaultdict
from typing import Final, Generic, Protocol, TypeVar

MOST: Final = 4000
"""The maximum number of open connections."""

MOST_OF_ADDRESS: Final = 200
"""The maximum from one address; an IPv6 address counts as its /64 network."""


class Connection(Protocol):
    """The part of a connection that the limits use."""

    @property
    def idle_since(self) -> float | None:
        """The time since which it has waited for a request; None if it is busy."""


C = TypeVar("C", bound=Connection)


class Connections(Generic[C]):
    """The open connections by address.

    A new connection over a limit replaces the one that has been idle longest: from its own address
    if that is over its limit, else from the address with the most connections. A client that opens
    thousands therefore closes only its own.

    Args:
        most: the maximum in total.
        most_of_address: the maximum from one address.
    """

    def __init__(self, most: int, most_of_address: int) -> None:
        self._most = most
        self._most_of_address = most_of_address
        self._by_address: defaultdict[str, dict[C, None]] = defaultdict(dict)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def join(self, connection: C, address: str, *, is_proxy: bool = False) -> C | None:
        """Add a connection; return the one to close for it, which may be itself, or None.

        A proxy serves many clients, so that its address has no limit of its own.
        """
        others = self._by_address[address]
        others[connection] = None
        self._count += 1
        if len(others) > self._most_of_address and not is_proxy:
            return _longest_idle(others) or connection
        if self._count > self._most:
            largest = max(self._by_address.values(), key=len)
            return _longest_idle(largest) or connection
        return None

    def leave(self, connection: C, address: str) -> None:
        """Remove a connection, if it is there."""
        others = self._by_address.get(address, {})
        if connection in others:
            del others[connection]
            self._count -= 1
            if not others:
                del self._by_address[address]


def _longest_idle(connections: dict[C, None]) -> C | None:
    idle = [
        (since, at) for at, it in enumerate(connections) if (since := it.idle_since) is not None
    ]
    return list(connections)[min(idle)[1]] if idle else None
