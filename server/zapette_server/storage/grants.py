"""The visitors: which tokens of remotes and guests were given out, and which were ended."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

from zapette_broker.storage import sqlite
from zapette_broker.storage.sqlite import Connection
from zapette_broker.storage.sqlite_file import Schema
from zapette_broker.storage.store_errors import StoreDamaged
from zapette_server.storage import clock
from zapette_server.storage.clock import Clock

MOST_OF_A_PLAYER: Final = 500
"""How many visitors of one player are remembered; the one that came first makes room."""

MOST_OF_ADDRESS: Final = 100
"""How many of them came from one address; the one that came first from there makes room."""

MOST: Final = 100_000
"""How many visitors are remembered in whole; the player with most makes room."""

MOST_REVOKED: Final = 1000
"""How many tokens of one player may be ended before it needs a new code instead."""

_DAY: Final = 24 * 3600.0
_TABLES: Final = """
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
SCHEMA: Final = Schema(0x7A617076, 1, _TABLES, claims_unnamed=True)
_COLUMNS: Final = (
    "client_id, player_id, generation, role, device, label, address, since, expires_at"
)


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A remote or a guest that was given a token.

    Attributes:
        client_id: the MQTT client id that the token is bound to.
        player_id: the player it is for.
        generation: the generation of the key it came by.
        role: ``remote`` or ``guest``.
        device: what its browser is known by; empty if it is not.
        label: what to show a person: ``Android · Chrome``.
        address: where it came from.
        since: when the token was given, in Unix seconds.
        expires_at: when the token ends, in Unix seconds.
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


class Grants:
    """The visitors, in an SQLite file that the web side writes and the broker reads.

    A token that was ended is remembered for as long as it would have been good. Safe to use from
    several threads.
    """

    def __init__(
        self, file: Path, *, timeout: float | None = None, the_clock: Clock | None = None
    ) -> None:
        """Open the file, making it if it is not there.

        Args:
            file: where it is.
            timeout: seconds that a call waits for another process; as when it is opened if None.
            the_clock: the time of day; the system's if None.

        Raises:
            StoreError: the file is damaged, busy, or was written by a newer version.
        """
        self._file = sqlite.open_(file, SCHEMA, prepare=clock.prepare)
        self._clock = the_clock or Clock()
        self._distrust_until = self._clock.steady() + _DAY
        # a write costs no wait for the disk; what a power cut takes is a second's worth
        self._file.write("PRAGMA synchronous = NORMAL")
        if timeout is not None:
            self._file.wait_at_most(timeout)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def check(self) -> None:
        """Check that the file can be used; StoreError if not."""
        self._file.check()

    @property
    def is_suspect(self) -> bool:
        """Whether the last failure was that the file is damaged."""
        return isinstance(self._file.trouble, StoreDamaged)

    def _drop_expired(self, file: Connection) -> None:
        """Drop what has expired, by a clock that has gone on for a day without a jump.

        It may jump back, and a token that was ended would be good again then.
        """
        now, expected = self._clock.look(file)
        if abs(now - expected) > _DAY:
            self._distrust_until = self._clock.steady() + _DAY
        if self._clock.steady() >= self._distrust_until:
            file.write("DELETE FROM visitors WHERE expires_at < ?", (now,))

    def note(self, grant: TokenGrant) -> None:
        """Remember a grant that was given a token."""
        with self._file.transaction() as file:
            self._drop_expired(file)
            _put(file, grant, None)
            file.write(
                "DELETE FROM visitors WHERE client_id IN (SELECT client_id FROM visitors WHERE "
                "player_id = ? AND address = ? AND ended IS NULL "
                "ORDER BY since DESC LIMIT -1 OFFSET ?)",
                (grant.player_id, grant.address, MOST_OF_ADDRESS),
            )
            file.write(
                "DELETE FROM visitors WHERE client_id IN (SELECT client_id FROM visitors "
                "WHERE player_id = ? AND ended IS NULL ORDER BY since DESC LIMIT -1 OFFSET ?)",
                (grant.player_id, MOST_OF_A_PLAYER),
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
        """Return the visitors of a player whose token is good, the newest first."""
        rows = self._file.read(
            f"SELECT {_COLUMNS} FROM visitors WHERE player_id = ? AND ended IS NULL "  # noqa: S608
            "AND expires_at >= ? ORDER BY since DESC",
            (player_id, time.time()),
        )
        return [TokenGrant(*row) for row in rows]

    def revoke(self, grant: TokenGrant) -> bool:
        """End a grant's token, and all others that its device was given by the same code.

        Return false, with nothing changed, if so many were ended that a new code is needed.
        """
        with self._file.transaction() as file:
            ((many,),) = file.read(
                "SELECT count(*) FROM visitors WHERE player_id = ? AND ended IS NOT NULL",
                (grant.player_id,),
            )
            if many >= MOST_REVOKED:
                return False
            ((last,),) = file.read("SELECT max(ended) FROM visitors")
            # never a number that was there before, though rows go when they expire
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
        """Forget the visitors of a player whose code was renewed: none of their tokens is good."""
        self._file.write("DELETE FROM visitors WHERE player_id = ?", (player_id,))

    def is_revoked(self, player_id: str, generation: str, device: str) -> bool:
        """Tell whether a device's token was ended, and nothing has brought it back since."""
        rows = self._file.read(
            "SELECT 1 FROM visitors WHERE player_id = ? AND generation = ? AND device = ? "
            "AND ended IS NOT NULL AND expires_at >= ?",
            (player_id, generation, device, time.time()),
        )
        return device != "" and bool(rows)

    def revoked_among(self, client_ids: Iterable[str]) -> set[str]:
        """Return those of the client ids whose tokens were ended."""
        rows = self._file.read(
            "SELECT client_id FROM visitors WHERE ended IS NOT NULL "
            "AND client_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(client_ids)),),
        )
        return {str(row[0]) for row in rows}

    def revoked(self) -> frozenset[str]:
        """Return the client ids whose tokens were ended and would still be good."""
        rows = self._file.read("SELECT client_id FROM visitors WHERE ended IS NOT NULL")
        return frozenset(str(row[0]) for row in rows)

    def last_commit(self) -> bytes | None:
        """Return bytes that differ after each write of any process; see `sqlite.Connection`."""
        return self._file.last_commit()

    def last_revocation(self) -> int:
        """Return a number that differs from the last when another token was ended."""
        ((last,),) = self._file.read("SELECT max(ended) FROM visitors WHERE ended IS NOT NULL")
        return last or 0


def _put(file: Connection, grant: TokenGrant, ended: int | None) -> None:
    file.write(
        f"INSERT INTO visitors ({_COLUMNS}, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
        "ON CONFLICT (client_id) DO UPDATE SET ended = excluded.ended",
        (*astuple(grant), ended),
    )
