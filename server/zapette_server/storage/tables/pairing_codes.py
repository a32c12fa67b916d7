"""The pairing codes that players show now, as digests, with what was guessed against them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from zapette_server.access.rights import Role
from zapette_server.storage.connection import NO_LIMIT, Connection

TABLES: Final = """
CREATE TABLE IF NOT EXISTS pairing_codes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL UNIQUE,
    player_id TEXT NOT NULL,
    generation TEXT NOT NULL,
    role TEXT NOT NULL,
    until REAL NOT NULL,
    digits INTEGER NOT NULL,
    wrong INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS pairing_guesses (
    digits INTEGER PRIMARY KEY,
    wrong INTEGER NOT NULL,
    long_until REAL NOT NULL
);
"""
_COLUMNS: Final = "player_id, generation, role, until, digits, wrong"


@dataclass(frozen=True, slots=True)
class Invitation:
    """The meaning of a code.

    Attributes:
        player_id: the player that shows it.
        generation: the generation of the player's codes.
        role: the role that it gives.
        until: its expiry, by the clock of the codes.
        digits: its number of digits.
        wrong: the count of wrong guesses with as many digits when it was made.
    """

    player_id: str
    generation: str
    role: Role
    until: float
    digits: int
    wrong: int


class PairingCodes:
    """The codes in a database with `TABLES`; the caller holds a transaction around each call.

    Every method raises `StoreError` if the database cannot be used.
    """

    def __init__(self, database: Connection) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[Any]:
        """Run the block as one transaction, one at a time among all processes."""
        return self._database.transaction()

    def now(self) -> float:
        """Return the database's time of day, in Unix seconds."""
        return float(self._database.read(f"SELECT {self._database.now}")[0][0])

    def put(self, digest: str, it: Invitation) -> None:
        """Add a code."""
        self._database.write(
            f"INSERT INTO pairing_codes (digest, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (digest, it.player_id, it.generation, it.role.value, it.until, it.digits, it.wrong),
        )

    def has(self, digest: str) -> bool:
        """Return whether there is such a code."""
        return bool(self._database.read("SELECT 1 FROM pairing_codes WHERE digest = ?", (digest,)))

    def take(self, digest: str) -> Invitation | None:
        """Return the meaning of a code and end it; None if there is none."""
        found = self._found("digest = ?", digest)
        if not found:
            return None
        self._database.write("DELETE FROM pairing_codes WHERE digest = ?", (digest,))
        return found[0]

    def end(self, now: float, player_id: str, role: Role) -> None:
        """End what has expired, and the code of a player for a role."""
        self._database.write(
            "DELETE FROM pairing_codes WHERE until <= ? OR (player_id = ? AND role = ?)",
            (now, player_id, role.value),
        )

    def keep_newest(self, most: int) -> None:
        """End the oldest codes beyond `most`."""
        self._database.write(
            "DELETE FROM pairing_codes WHERE digest IN "
            "(SELECT digest FROM pairing_codes ORDER BY number DESC LIMIT ? OFFSET ?)",
            (NO_LIMIT, most),
        )

    def wrong(self, digits: int) -> int:
        """Return how many guesses with so many digits were wrong."""
        rows = self._database.read("SELECT wrong FROM pairing_guesses WHERE digits = ?", (digits,))
        return int(rows[0][0]) if rows else 0

    def count_wrong(self, digits: int) -> None:
        """Count a wrong guess with so many digits."""
        self._database.write(
            "INSERT INTO pairing_guesses VALUES (?, 1, 0) "
            "ON CONFLICT (digits) DO UPDATE SET wrong = pairing_guesses.wrong + 1",
            (digits,),
        )

    def long_until(self) -> float:
        """Return until when new codes are long."""
        ((until,),) = self._database.read("SELECT max(long_until) FROM pairing_guesses")
        return float(until or 0)

    def be_long_until(self, until: float) -> None:
        """Make new codes long, after a wrong guess was counted."""
        self._database.write("UPDATE pairing_guesses SET long_until = ?", (until,))

    def guessed(self, budgets: Mapping[int, int], now: float) -> list[Invitation]:
        """End the codes that have survived their budget of wrong guesses, and return them."""
        ended: list[Invitation] = []
        for digits, budget in budgets.items():
            spent = self.wrong(digits) - budget
            found = self._found(f"digits = {int(digits)} AND wrong <= ?", spent)
            if found:
                self._database.write(
                    "DELETE FROM pairing_codes WHERE digits = ? AND wrong <= ?", (digits, spent)
                )
            ended += [it for it in found if it.until > now]
        return ended

    def _found(self, condition: str, value: float | str) -> list[Invitation]:
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM pairing_codes WHERE {condition}",  # noqa: S608
            (value,),
        )
        return [Invitation(it[0], it[1], Role(it[2]), it[3], it[4], it[5]) for it in rows]
