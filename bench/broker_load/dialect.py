"""What a server speaks, as far as the load needs it: clients, callers and whom they call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from bench.broker_load.calling import Calls
from bench.broker_load.names import Login
from bench.broker_load.peer import Peer

PROCEDURE: Final = "volume"
PARAMETER: Final = "40"
RESULT: Final = '{"volume": 40, "muted": false, "playing": true, "seq": 1041}'


class Caller(Protocol):
    """A remote that calls one player.

    Attributes:
        calls: the calls under way, and when each was answered.
    """

    calls: Calls

    async def open(self, port: int, source: str | None = None) -> None:
        """Connect."""

    async def prepare(self) -> None:
        """Get ready to be answered."""

    def start(self, at_once: int) -> None:
        """Make `at_once` calls, and another for each that is answered."""

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands."""

    def abort(self) -> None:
        """End the connection."""


class Dialect(Protocol):
    """Makes the clients of one server; each is yet to be opened."""

    def peer(self, login: Login) -> Peer:
        """Return a client that calls nobody."""

    def responder(self, login: Login, player: str, callers: Sequence[str]) -> Peer:
        """Return the player with the id `player`, which answers `callers`, by client id."""

    def caller(self, login: Login, player: str) -> Caller:
        """Return a remote of the player with the id `player`."""
