"""The pages that wait to become players, in a database; the caller says what time it is."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass
from typing import Any, Final

from zapette_server.storage.connection import Connection

TABLE: Final = """
CREATE TABLE IF NOT EXISTS waiting_players (
    player_id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    client TEXT NOT NULL,
    address TEXT NOT NULL,
    device TEXT NOT NULL,
    until REAL NOT NULL,
    seen REAL NOT NULL
);
"""
_COLUMNS: Final = "player_id, code, client, address, device, until, seen"


@dataclass(frozen=True, slots=True)
class WaitingPlayer:
    """A page that waits to become a player.

    Attributes:
        player_id: its id.
        code: what it shows.
        client: the client, for the limits.
        address: its address.
        device: the device as people know it; or empty.
        until: the expiry of the code, by the clock.
        seen: when it last asked, by the clock, or somewhat earlier.
    """

    player_id: str
    code: str
    client: str
    address: str
    device: str
    until: float
    seen: float


class WaitingPlayers:
    """Those in a database with `TABLE`; every method raises `StoreError` if it cannot be used."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[Any]:
        """Run the block as one transaction, one at a time among all processes."""
        return self._database.transaction()

    def now(self) -> float:
        """Return the database's time of day, in Unix seconds."""
        return float(self._database.read(f"SELECT {self._database.now}")[0][0])

    def all(self) -> list[WaitingPlayer]:
        """Return all, the one that waits longest first."""
        rows = self._database.read(f"SELECT {_COLUMNS} FROM waiting_players ORDER BY until")  # noqa: S608
        return [WaitingPlayer(*it) for it in rows]

    def put(self, it: WaitingPlayer) -> None:
        """Add a page."""
        self._database.write(
            f"INSERT INTO waiting_players ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            astuple(it),
        )

    def touch(self, player_id: str, now: float) -> None:
        """Note that a page asks now."""
        self._database.write(
            "UPDATE waiting_players SET seen = ? WHERE player_id = ?", (now, player_id)
        )

    def remove(self, player_id: str) -> None:
        """End the wait of a page."""
        self._database.write("DELETE FROM waiting_players WHERE player_id = ?", (player_id,))

    def end(self, now: float, seen_until: float) -> None:
        """End those whose code has expired by `now`, and those last seen by `seen_until`."""
        self._database.write(
            "DELETE FROM waiting_players WHERE until <= ? OR seen <= ?", (now, seen_until)
        )
