"""Which connection makes room when there are too many, in whole or from one address; no I/O."""

from __future__ import annotations

from collections import defaultdict
from typing import Final, Generic, Protocol, TypeVar

MOST: Final = 4000
"""How many connections are open at once."""

MOST_OF_ADDRESS: Final = 200
"""How many of them come from one address; an IPv6 address counts as its network of 64 bits."""


class Connection(Protocol):
    """What is known of a connection."""

    @property
    def idle_since(self) -> float | None:
        """Since when it has nothing to do but wait for a whole request; None if it is busy."""


C = TypeVar("C", bound=Connection)


class Connections(Generic[C]):
    """The open connections by where they come from.

    A newcomer over a limit takes the place of the connection that has waited for longest: one of
    its own address if that is over its limit, else one of the address that has most. So a stranger
    who opens thousands ends their own.

    Args:
        most: how many there may be.
        most_of_address: how many of one address.
        exempt: an address without a limit of its own: that of a proxy, which stands for many.
    """

    def __init__(self, most: int, most_of_address: int, exempt: str = "") -> None:
        self._most = most
        self._most_of_address = most_of_address
        self._exempt = exempt
        self._by_address: defaultdict[str, dict[C, None]] = defaultdict(dict)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def join(self, connection: C, address: str) -> C | None:
        """Add a connection; return one that must end for it, which may be itself."""
        others = self._by_address[address]
        others[connection] = None
        self._count += 1
        if len(others) > self._most_of_address and address != self._exempt:
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
