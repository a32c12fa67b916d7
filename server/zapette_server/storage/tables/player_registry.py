"""The registry of players: the known ids, and the current generation of their codes."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from zapette.protocol.topics import is_player_id
from zapette_broker.storage import damage, sqlite
from zapette_broker.storage.sqlite_connection import SqliteConnection
from zapette_broker.storage.sqlite_file import Schema
from zapette_server.access.credentials import is_generation, new_generation
from zapette_server.errors import PlayersFull
from zapette_server.storage.connection import Connection
from zapette_server.storage.tables import clock
from zapette_server.storage.tables.clock import Clock
from zapette_server.storage.tables.endings import Endings
from zapette_server.storage.tables.household_store import HouseholdStore

MOST: Final = 100_000
"""The maximum number of players."""

MOST_OF_CLIENT: Final = 1000
"""The maximum made by one client, where the client is known."""

RECENT: Final = 86400.0
"""Seconds for which a player keeps its place after it was last seen."""

TABLES: Final = """
CREATE TABLE IF NOT EXISTS players (
    id TEXT PRIMARY KEY,
    generation TEXT NOT NULL,
    seen_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS players_by_seen_at ON players (seen_at);
"""
# In a table of their own, so that earlier versions can use the file too.
ORIGINS: Final = """
CREATE TABLE IF NOT EXISTS origins (
    player_id TEXT PRIMARY KEY,
    client TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS origins_by_client ON origins (client);
"""
_TRIGGER: Final = """
CREATE TRIGGER IF NOT EXISTS origins_end AFTER DELETE ON players BEGIN
    DELETE FROM origins WHERE player_id = OLD.id;
END;
"""
_ADD: Final = "INSERT INTO players VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_PUT_ORIGIN: Final = (
    "INSERT INTO origins VALUES (?, ?) "
    "ON CONFLICT (player_id) DO UPDATE SET client = excluded.client"
)
_LAST_REMOVAL: Final = "SELECT max(number) FROM endings WHERE forgotten = 1"
SCHEMA: Final = Schema(0x7A617072, 1, TABLES, claims_unnamed=True)


class PlayerRegistry(HouseholdStore):
    """The players.

    It holds no key: keys derive from the id, the generation and the signing secret.
    """

    def __init__(
        self,
        file: Path | Connection,
        *,
        timeout: float | None = None,
        recent: float = RECENT,
        most: int = MOST,
        most_of_client: int = MOST_OF_CLIENT,
        the_clock: Clock | None = None,
    ) -> None:
        """Open the registry in `file`; create it if it is missing.

        Args:
            file: its path, or the PostgreSQL database that has the players instead.
            timeout: seconds to wait for another process; None keeps the default.
            recent: seconds; more than a connected player can go unseen.
            most: the maximum number of players.
            most_of_client: the maximum made by one client.
            the_clock: the time of day; None is the system's.

        Raises:
            StoreError: the file is damaged, busy, or was written by a newer version.
        """
        database: Connection = (
            sqlite.open_(file, SCHEMA, prepare=_add_origins) if isinstance(file, Path) else file
        )
        super().__init__(database, timeout, the_clock)
        self._removals = 0
        self._recent = recent
        self._most = most
        self._most_of_client = most_of_client

    def claim(self, player_id: str, client: str = "") -> str:
        """Record that the player was seen, register it if it is new, and return its generation.

        If there are too many, a new player replaces the one unseen for longest, but none that was
        seen recently.

        Args:
            player_id: the player.
            client: the client that makes a new one; empty if unknown.

        Raises:
            PlayersFull: there are too many, all of them seen recently.
        """
        with self._file.transaction() as file:
            now = self._keep_time(file)
            generation = self.generation(player_id)
            if generation is not None:
                file.write("UPDATE players SET seen_at = ? WHERE id = ?", (now, player_id))
                return generation
            removed = self._make_room(file, client, now - self._recent)
            generation = new_generation()
            file.write("INSERT INTO players VALUES (?, ?, ?)", (player_id, generation, now))
            if client:
                file.write(_PUT_ORIGIN, (player_id, client))
        self._removals += removed
        return generation

    def renew(self, player_id: str) -> str | None:
        """Give a player a new generation, which ends its earlier codes; None if it is unknown."""
        generation = new_generation()
        changed = self._file.write(
            "UPDATE players SET generation = ?, seen_at = ? WHERE id = ?",
            (generation, time.time(), player_id),
        )
        return generation if changed else None

    def generation(self, player_id: str) -> str | None:
        """Return a player's current generation of codes; None if it is unknown."""
        rows = self._file.read("SELECT generation FROM players WHERE id = ?", (player_id,))
        return str(rows[0][0]) if rows else None

    def generations(self, player_ids: Iterable[str]) -> dict[str, str]:
        """Return the current generations of codes of the players that are known."""
        rows = self._file.read(
            f"SELECT id, generation FROM players WHERE id IN ({self._file.members})",  # noqa: S608
            (json.dumps(list(player_ids)),),
        )
        return {str(player_id): str(generation) for player_id, generation in rows}

    def everybody(self, most: int) -> dict[str, str] | None:
        """Return the generations of codes of all players; None if there are more than `most`."""
        rows = self._file.read("SELECT id, generation FROM players LIMIT ?", (most + 1,))
        return {str(it): str(generation) for it, generation in rows} if len(rows) <= most else None

    def forget(self, player_id: str) -> bool:
        """Forget a player, which ends its codes and connections; return whether it was known.

        If its page returns, it registers the old id with new codes.
        """
        removed = self._file.write("DELETE FROM players WHERE id = ?", (player_id,))
        self._removals += removed
        return removed > 0

    def beginning_with(self, text: str) -> list[str]:
        """Return at most two player ids that begin with these hexadecimal digits."""
        rows = self._file.read(
            "SELECT id FROM players WHERE id >= ? AND id < ? LIMIT 2", (text, text + "g")
        )
        return [str(row[0]) for row in rows]

    def is_empty(self) -> bool:
        """Return whether no player is known."""
        return not self._file.read("SELECT 1 FROM players LIMIT 1")

    def renew_all(self) -> None:
        """Give every player a new generation, which ends all earlier codes."""
        with self._file.transaction() as file:
            rows = file.read("SELECT id FROM players")
            file.write_many(
                "UPDATE players SET generation = ? WHERE id = ?",
                [(new_generation(), player_id) for (player_id,) in rows],
            )

    @staticmethod
    def salvaged(file: Path) -> list[tuple[str, str, float]]:
        """Return the players that a damaged file still holds, for `take`."""
        return [
            (player_id, generation, float(seen_at))
            for player_id, generation, seen_at in damage.salvage(
                file, "players", ("id", "generation", "seen_at")
            )
            if isinstance(player_id, str)
            and is_player_id(player_id)
            and isinstance(generation, str)
            and is_generation(generation)
            and isinstance(seen_at, float)
            and math.isfinite(seen_at)
        ]

    def take(self, rows: list[tuple[str, str, float]]) -> None:
        """Add players to an empty registry: id, generation, and Unix time when last seen."""
        with self._file.transaction() as file:
            file.write_many(_ADD, rows)

    def unseen_for(self, seconds: float) -> list[str]:
        """Return the ids of the players unseen for so long.

        Only time in which the web side ran counts, whatever the clock did.
        """
        with self._file.transaction() as file:
            moment = self._keep_time(file) - seconds
            rows = file.read("SELECT id FROM players WHERE seen_at < ?", (moment,))
        return [str(row[0]) for row in rows]

    def _keep_time(self, file: Connection) -> float:
        """Return the time of day; if it has jumped, shift the times of all players with it.

        Times written between the jump and this call stay as they are.
        """
        now, expected = self._clock.look(file)
        if now != expected:
            # After a jump back, only times in the future were surely written before it.
            shift = now - expected
            least = now if now < expected else float("-inf")
            file.write(
                "UPDATE players SET seen_at = CASE WHEN seen_at + ? < ? THEN seen_at + ? ELSE ? END"
                " WHERE seen_at <= ? AND seen_at > ?",
                (shift, now, shift, now, expected + clock.TOLERANCE, least),
            )
        return now

    @property
    def removals(self) -> int:
        """How many players this process has removed; see `changes` for other processes."""
        return self._removals

    def endings(self) -> Endings:
        """Return the codes and players that end from now on, for engines that must be told."""
        if isinstance(self._file, SqliteConnection):
            Endings.prepare(self._file)
        return Endings(self._file)

    def changes(self) -> str:
        """Return a text that changes when another process writes the registry."""
        return self._file.version()

    def last_removal(self) -> str:
        """Return a text that changes when another process removes a player, or sooner."""
        if isinstance(self._file, SqliteConnection):
            return self.changes()
        return str(self._file.read(_LAST_REMOVAL)[0][0])

    def _make_room(self, file: Connection, client: str, before: float) -> int:
        """Remove players for a new one if there are too many; return how many."""
        removed = 0
        ((of_client,),) = file.read("SELECT count(*) FROM origins WHERE client = ?", (client,))
        if client and of_client >= self._most_of_client:
            removed = file.write(
                "DELETE FROM players WHERE id = (SELECT id FROM players JOIN origins "
                "ON player_id = id WHERE client = ? AND seen_at < ? ORDER BY seen_at LIMIT 1)",
                (client, before),
            )
            if not removed:
                raise PlayersFull(client)
        ((many,),) = file.read("SELECT count(*) FROM players")
        if many >= self._most:
            last = file.write(
                "DELETE FROM players WHERE id = "
                "(SELECT id FROM players WHERE seen_at < ? ORDER BY seen_at LIMIT 1)",
                (before,),
            )
            if not last:
                raise PlayersFull("")
            removed += last
        return removed


def _add_origins(file: SqliteConnection) -> None:
    # This takes no lock if everything exists.
    file.script(ORIGINS + _TRIGGER)
    clock.prepare(file)
