"""The registry of players: which ids are known, and which generation of codes is good."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Final

from zapette.credentials import new_generation
from zapette.errors import StoreError

SCHEMA_VERSION: Final = 1
MAX_PLAYERS: Final = 100_000
"""How many players are known at most; the one not seen for longest makes room."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS players (
    id TEXT PRIMARY KEY,
    generation TEXT NOT NULL,
    seen_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS players_by_seen_at ON players (seen_at);
"""


class Registry:
    """The players, in an SQLite file that the web side writes and the broker reads.

    It holds no key: keys are derived from the id, the generation and the signing secret.
    Safe to use from several threads.
    """

    def __init__(self, file: Path) -> None:
        """Open the registry in `file`, making it if it is not there.

        Raises:
            StoreError: the file is damaged, or was written by a newer version.
        """
        self._file = file
        self._lock = threading.Lock()
        self._removals = 0
        try:
            self._database = sqlite3.connect(
                file, check_same_thread=False, isolation_level=None, timeout=5
            )
            # first, because the files beside it take its mode
            file.chmod(0o600)
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"registry of players {file}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def claim(self, player_id: str) -> str:
        """Note that the player is here, registering it if it is new, and return its generation."""
        now = time.time()
        with self._lock:
            self._database.execute(
                "INSERT INTO players VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
                (player_id, new_generation(), now),
            )
            self._removals += self._database.execute(
                "DELETE FROM players WHERE id IN "
                "(SELECT id FROM players ORDER BY seen_at DESC LIMIT -1 OFFSET ?)",
                (MAX_PLAYERS,),
            ).rowcount
            return self._generation(player_id) or ""

    def renew(self, player_id: str) -> str:
        """Give a player a new generation, which ends every code given before, and return it."""
        with self._lock:
            self._database.execute(
                "INSERT INTO players VALUES (?, ?, ?) ON CONFLICT (id) "
                "DO UPDATE SET generation = excluded.generation, seen_at = excluded.seen_at",
                (player_id, new_generation(), time.time()),
            )
            return self._generation(player_id) or ""

    def generation(self, player_id: str) -> str | None:
        """Return the generation of codes that is good for a player; None if it is not known."""
        with self._lock:
            return self._generation(player_id)

    def forget(self, player_id: str) -> bool:
        """Forget a player, which ends every code and connection of it; tell whether it was known.

        Its page may come back: it is then a new player with the old id, and has other codes.
        """
        with self._lock:
            removed = self._database.execute(
                "DELETE FROM players WHERE id = ?", (player_id,)
            ).rowcount
            self._removals += removed
            return removed > 0

    def beginning_with(self, text: str) -> list[str]:
        """Return the ids of the players, two at most, that begin with these hexadecimal digits."""
        with self._lock:
            rows = self._database.execute(
                "SELECT id FROM players WHERE id >= ? AND id < ? LIMIT 2", (text, text + "g")
            )
            return [str(row[0]) for row in rows]

    def unseen_since(self, moment: float) -> list[str]:
        """Return the ids of the players that were last seen before `moment` (Unix seconds)."""
        with self._lock:
            rows = self._database.execute("SELECT id FROM players WHERE seen_at < ?", (moment,))
            return [str(row[0]) for row in rows]

    @property
    def removals(self) -> int:
        """How many players this process has removed; `changes` tells of the other processes."""
        return self._removals

    def changes(self) -> int:
        """Return a number that differs from the last when another process wrote the registry."""
        with self._lock:
            row = self._database.execute("PRAGMA data_version").fetchone()
            return int(row[0])

    def _generation(self, player_id: str) -> str | None:
        row = self._database.execute(
            "SELECT generation FROM players WHERE id = ?", (player_id,)
        ).fetchone()
        return str(row[0]) if row else None

    def _prepare(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"registry of players {self._file}: it was written by a newer version "
                f"(schema {version}, this is {SCHEMA_VERSION}); it was left as it is"
            )
        if version == SCHEMA_VERSION:
            self._database.execute("SELECT id, generation, seen_at FROM players LIMIT 1")
            return
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(_SCHEMA)
        self._database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
