"""Which codes and players have ended, for engines that must be told; part of the players' file.

Triggers write it, so that no program that changes the players can leave it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zapette_broker.storage.sqlite_connection import SqliteConnection
from zapette_server.storage.connection import Connection

TABLES: Final = """
CREATE TABLE IF NOT EXISTS endings (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    player_id TEXT NOT NULL,
    generation TEXT NOT NULL,
    forgotten INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS endings_by_player ON endings (player_id);
"""
_TRIGGERS: Final = """
CREATE TRIGGER IF NOT EXISTS endings_of_codes AFTER UPDATE OF generation ON players
WHEN OLD.generation <> NEW.generation BEGIN
    INSERT INTO endings (player_id, generation, forgotten, ended_at)
    VALUES (OLD.id, OLD.generation, 0, CAST(strftime('%s', 'now') AS INTEGER));
END;
CREATE TRIGGER IF NOT EXISTS endings_of_players AFTER DELETE ON players BEGIN
    INSERT INTO endings (player_id, generation, forgotten, ended_at)
    VALUES (OLD.id, OLD.generation, 1, CAST(strftime('%s', 'now') AS INTEGER));
END;
"""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a player's code.

    Attributes:
        player_id: the player.
        generation: the generation of the code.
        forgotten: whether the player itself was forgotten.
        ended_at: when, in whole Unix seconds.
    """

    player_id: str
    generation: str
    forgotten: bool
    ended_at: int


class Endings:
    """The endings in the players' file."""

    def __init__(self, file: Connection) -> None:
        self._file = file

    def since(self, moment: float) -> list[Ending]:
        """Return the endings from `moment` on, in Unix seconds, the oldest first."""
        return self._found("ended_at >= ?", moment)

    def of(self, player_id: str) -> list[Ending]:
        """Return the endings of a player, the oldest first."""
        return self._found("player_id = ?", player_id)

    def drop_before(self, moment: float) -> None:
        """Drop the endings before `moment`, in Unix seconds: their tokens have expired."""
        self._file.write("DELETE FROM endings WHERE ended_at < ?", (moment,))

    @staticmethod
    def prepare(file: SqliteConnection) -> None:
        """Create the table and its triggers in an SQLite file, if they are missing."""
        file.script(TABLES + _TRIGGERS)

    def _found(self, condition: str, value: float | str) -> list[Ending]:
        rows = self._file.read(
            "SELECT player_id, generation, forgotten, ended_at FROM endings "  # noqa: S608
            f"WHERE {condition} ORDER BY number",
            (value,),
        )
        return [Ending(str(it[0]), str(it[1]), bool(it[2]), int(it[3])) for it in rows]
