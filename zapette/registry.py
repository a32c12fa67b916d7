"""The registry of players: which ids are known, and which generation of codes is good."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from broker import sqlite
from broker.sqlite import Schema
from zapette.credentials import new_generation

MAX_PLAYERS: Final = 100_000
"""How many players are known at most; the one not seen for longest makes room."""

_AT_ONCE: Final = 500

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS players (
    id TEXT PRIMARY KEY,
    generation TEXT NOT NULL,
    seen_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS players_by_seen_at ON players (seen_at);
"""
SCHEMA: Final = Schema(0x7A617072, 1, _TABLES, claims_unnamed=True)


class Registry:
    """The players, in an SQLite file that the web side writes and the broker reads.

    It holds no key: keys are derived from the id, the generation and the signing secret.
    Safe to use from several threads.
    """

    def __init__(self, file: Path) -> None:
        """Open the registry in `file`, making it if it is not there.

        Raises:
            StoreError: the file is damaged, busy, or was written by a newer version.
        """
        self._file = sqlite.open_(file, SCHEMA)
        self._removals = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def check(self) -> None:
        """Check that the file can be used; StoreError if not."""
        self._file.check()

    def claim(self, player_id: str) -> str:
        """Note that the player is here, registering it if it is new, and return its generation."""
        with self._file.transaction() as file:
            file.write(
                "INSERT INTO players VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
                (player_id, new_generation(), time.time()),
            )
            removed = file.write(
                "DELETE FROM players WHERE id IN "
                "(SELECT id FROM players ORDER BY seen_at DESC LIMIT -1 OFFSET ?)",
                (MAX_PLAYERS,),
            )
            generation = self.generation(player_id) or ""
        self._removals += removed
        return generation

    def renew(self, player_id: str) -> str:
        """Give a player a new generation, which ends every code given before, and return it."""
        with self._file.transaction() as file:
            file.write(
                "INSERT INTO players VALUES (?, ?, ?) ON CONFLICT (id) "
                "DO UPDATE SET generation = excluded.generation, seen_at = excluded.seen_at",
                (player_id, new_generation(), time.time()),
            )
            return self.generation(player_id) or ""

    def generation(self, player_id: str) -> str | None:
        """Return the generation of codes that is good for a player; None if it is not known."""
        rows = self._file.read("SELECT generation FROM players WHERE id = ?", (player_id,))
        return str(rows[0][0]) if rows else None

    def generations(self, player_ids: Iterable[str]) -> dict[str, str]:
        """Return the generations of codes that are good now, of those players that are known."""
        found: dict[str, str] = {}
        listed = list(player_ids)
        for at in range(0, len(listed), _AT_ONCE):
            some = listed[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._file.read(
                f"SELECT id, generation FROM players WHERE id IN ({marks})",  # noqa: S608
                some,
            )
            found.update((str(row[0]), str(row[1])) for row in rows)
        return found

    def forget(self, player_id: str) -> bool:
        """Forget a player, which ends every code and connection of it; tell whether it was known.

        Its page may come back: it is then a new player with the old id, and has other codes.
        """
        removed = self._file.write("DELETE FROM players WHERE id = ?", (player_id,))
        self._removals += removed
        return removed > 0

    def beginning_with(self, text: str) -> list[str]:
        """Return the ids of the players, two at most, that begin with these hexadecimal digits."""
        rows = self._file.read(
            "SELECT id FROM players WHERE id >= ? AND id < ? LIMIT 2", (text, text + "g")
        )
        return [str(row[0]) for row in rows]

    def unseen_since(self, moment: float) -> list[str]:
        """Return the ids of the players that were last seen before `moment` (Unix seconds)."""
        rows = self._file.read("SELECT id FROM players WHERE seen_at < ?", (moment,))
        return [str(row[0]) for row in rows]

    @property
    def removals(self) -> int:
        """How many players this process has removed; `changes` tells of the other processes."""
        return self._removals

    def changes(self) -> int:
        """Return a number that differs from the last when another process wrote the registry."""
        return int(self._file.read("PRAGMA data_version")[0][0])
