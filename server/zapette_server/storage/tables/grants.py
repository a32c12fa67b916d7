"""The tokens that remotes and guests were given, and which of them are revoked.

The file, its table and its columns keep the names that earlier versions gave them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

from zapette_broker.storage import sqlite
from zapette_broker.storage.sqlite_file import Schema
from zapette_server.storage.connection import NO_LIMIT, Connection
from zapette_server.storage.tables import clock
from zapette_server.storage.tables.clock import Clock
from zapette_server.storage.tables.household_store import HouseholdStore

MOST_OF_A_PLAYER: Final = 500
"""The most grants kept for one player; the oldest makes room."""

MOST_OF_ADDRESS: Final = 100
"""The most grants kept for one player and address; the oldest makes room."""

MOST: Final = 100_000
"""The most grants kept in total; the player with the most makes room."""

MOST_REVOKED: Final = 1000
"""The most revoked tokens of one player; beyond that it needs a new code."""

_DAY: Final = 24 * 3600.0
TABLES: Final = """
CREATE TABLE IF NOT EXISTS visitors (
    client_id TEXT PRIMARY KEY,
    player_id TEXT NOT NULL,
    generation TEXT NOT NULL,
    role TEXT NOT NULL,
    device TEXT NOT NULL,
    label TEXT NOT NULL,
    address TEXT NOT NULL,
    since REAL NOT NULL,
    expires_at REAL NOT NULL,
    ended INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS visitors_by_player ON visitors (player_id, since);
CREATE INDEX IF NOT EXISTS visitors_by_end ON visitors (ended) WHERE ended IS NOT NULL;
CREATE INDEX IF NOT EXISTS visitors_by_expiry ON visitors (expires_at);
"""
SCHEMA: Final = Schema(0x7A617076, 1, TABLES, claims_unnamed=True)
_COLUMNS: Final = (
    "client_id, player_id, generation, role, device, label, address, since, expires_at"
)


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A token that a remote or a guest was given.

    Attributes:
        client_id: the MQTT client id of the token.
        player_id: the player that it gives access to.
        generation: the generation of the key that was exchanged for it.
        role: ``remote`` or ``guest``.
        device: the id of the browser; empty if unknown.
        label: the device as people know it: ``Android · Chrome``.
        address: the IP address of the browser.
        since: when it was issued, in Unix seconds.
        expires_at: when it expires, in Unix seconds.
    """

    client_id: str
    player_id: str
    generation: str
    role: str
    device: str
    label: str
    address: str
    since: float
    expires_at: float


class Grants(HouseholdStore):
    """The grants; a revoked token is kept until it would have expired."""

    def __init__(
        self,
        file: Path | Connection,
        *,
        timeout: float | None = None,
        the_clock: Clock | None = None,
    ) -> None:
        """Open the file; create it if it is missing.

        Args:
            file: its path, or the PostgreSQL database that has the grants instead.
            timeout: seconds to wait for another process; None keeps the default.
            the_clock: the time of day; None is the system's.

        Raises:
            StoreError: the file is damaged, busy, or was written by a newer version.
        """
        database = _opened(file) if isinstance(file, Path) else file
        super().__init__(database, timeout, the_clock)
        self._distrust_until = self._clock.steady() + _DAY

    def _drop_expired(self, file: Connection) -> None:
        """Drop expired grants once the clock has run for a day without a jump.

        If it jumped back, a dropped revocation would make its token valid again.
        """
        now, expected = self._clock.look(file)
        if abs(now - expected) > _DAY:
            self._distrust_until = self._clock.steady() + _DAY
        if self._clock.steady() >= self._distrust_until:
            file.write("DELETE FROM visitors WHERE expires_at < ?", (now,))

    def note(self, grant: TokenGrant) -> None:
        """Store a grant."""
        with self._file.transaction() as file:
            self._drop_expired(file)
            _put(file, grant, None)
            file.write(
                "DELETE FROM visitors WHERE client_id IN (SELECT client_id FROM visitors WHERE "
                "player_id = ? AND address = ? AND ended IS NULL "
                "ORDER BY since DESC LIMIT ? OFFSET ?)",
                (grant.player_id, grant.address, NO_LIMIT, MOST_OF_ADDRESS),
            )
            file.write(
                "DELETE FROM visitors WHERE client_id IN (SELECT client_id FROM visitors "
                "WHERE player_id = ? AND ended IS NULL ORDER BY since DESC LIMIT ? OFFSET ?)",
                (grant.player_id, NO_LIMIT, MOST_OF_A_PLAYER),
            )
            ((many,),) = file.read("SELECT count(*) FROM visitors")
            if many > MOST:
                file.write(
                    "DELETE FROM visitors WHERE client_id = (SELECT client_id FROM visitors "
                    "WHERE ended IS NULL AND player_id = (SELECT player_id FROM visitors "
                    "WHERE ended IS NULL GROUP BY player_id ORDER BY count(*) DESC LIMIT 1) "
                    "ORDER BY since LIMIT 1)"
                )

    def of(self, player_id: str) -> list[TokenGrant]:
        """Return the valid grants of a player, the newest first."""
        rows = self._file.read(
            f"SELECT {_COLUMNS} FROM visitors WHERE player_id = ? AND ended IS NULL "  # noqa: S608
            "AND expires_at >= ? ORDER BY since DESC",
            (player_id, time.time()),
        )
        return [TokenGrant(*row) for row in rows]

    def revoke(self, grant: TokenGrant) -> bool:
        """Revoke a token, and all others that its device got by the same code.

        Return false and change nothing if `MOST_REVOKED` tokens of the player are revoked.
        """
        with self._file.transaction() as file:
            ((many,),) = file.read(
                "SELECT count(*) FROM visitors WHERE player_id = ? AND ended IS NOT NULL",
                (grant.player_id,),
            )
            if many >= MOST_REVOKED:
                return False
            ((last,),) = file.read("SELECT max(ended) FROM visitors")
            # Never reuse a number, although rows are deleted when they expire.
            number = max((last or 0) + 1, int(time.time() * 1000))
            _put(file, grant, number)
            if grant.device:
                file.write(
                    "UPDATE visitors SET ended = ? WHERE player_id = ? AND device = ? "
                    "AND generation = ? AND ended IS NULL",
                    (number, grant.player_id, grant.device, grant.generation),
                )
            return True

    def forget(self, player_id: str) -> None:
        """Forget the grants of a player: its new code has ended all of them."""
        self._file.write("DELETE FROM visitors WHERE player_id = ?", (player_id,))

    def is_revoked(self, player_id: str, generation: str, device: str) -> bool:
        """Return whether a token of the device is revoked for this generation of the code."""
        rows = self._file.read(
            "SELECT 1 FROM visitors WHERE player_id = ? AND generation = ? AND device = ? "
            "AND ended IS NOT NULL AND expires_at >= ?",
            (player_id, generation, device, time.time()),
        )
        return device != "" and bool(rows)

    def revoked_among(self, client_ids: Iterable[str]) -> set[str]:
        """Return those of the client ids whose tokens are revoked."""
        rows = self._file.read(
            "SELECT client_id FROM visitors WHERE ended IS NOT NULL "  # noqa: S608
            f"AND client_id IN ({self._file.members})",
            (json.dumps(list(client_ids)),),
        )
        return {str(row[0]) for row in rows}

    def revoked(self) -> frozenset[str]:
        """Return the client ids of the revoked tokens that have not expired."""
        rows = self._file.read("SELECT client_id FROM visitors WHERE ended IS NOT NULL")
        return frozenset(str(row[0]) for row in rows)

    def revocations(self, player_id: str = "") -> dict[tuple[str, str], list[float]]:
        """Return when tokens were revoked, in Unix seconds, by player and generation.

        Args:
            player_id: only those of this player; of all players if empty.
        """
        rows = self._file.read(
            "SELECT DISTINCT player_id, generation, ended FROM visitors "
            "WHERE ended IS NOT NULL AND (player_id = ? OR ? = '') ORDER BY ended",
            (player_id, player_id),
        )
        found: dict[tuple[str, str], list[float]] = {}
        for player, generation, ended in rows:
            found.setdefault((str(player), str(generation)), []).append(ended / 1000)
        return found

    def last_revocation(self) -> int:
        """Return a number that changes with each revocation."""
        ((last,),) = self._file.read("SELECT max(ended) FROM visitors WHERE ended IS NOT NULL")
        return last or 0


def _opened(path: Path) -> Connection:
    file = sqlite.open_(path, SCHEMA, prepare=clock.prepare)
    # A write does not wait for the disk: a power cut loses at most a second.
    file.write("PRAGMA synchronous = NORMAL")
    return file


def _put(file: Connection, grant: TokenGrant, ended: int | None) -> None:
    file.write(
        f"INSERT INTO visitors ({_COLUMNS}, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
        "ON CONFLICT (client_id) DO UPDATE SET ended = excluded.ended",
        (*astuple(grant), ended),
    )
