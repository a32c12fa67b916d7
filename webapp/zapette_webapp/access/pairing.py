"""Pairing by a short code that a player shows and a person types; in a database.

**Guessing.** A code is one of 10^8, lasts 120 s and works once. It expires after 90 wrong guesses
from all addresses together, so that the chance to find it is below one in a million. An attacker
can make the code on the screen expire, but locks nobody out: during the attack and for ten minutes
afterwards, new codes have 12 digits and a budget of 900,000 guesses, which gives the same chance.
Each address has 5 guesses at once and then one every ten seconds, 17 in the life of a code.

Codes are kept as keyed digests, so that a comparison always takes the same time: in memory, where a
restart ends them, or in the database that several web sides share. Guesses count for all of these.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Final

from zapette_broker.storage import sqlite
from zapette_server.access.rights import Role
from zapette_server.storage.connection import Connection
from zapette_server.storage.tables.pairing_codes import TABLES, Invitation, PairingCodes
from zapette_webapp.access.token_buckets import EVERYBODY, TokenBuckets

DIGITS: Final = 8
LONG: Final = 12
"""The number of digits of a code during an attack."""

BUDGETS: Final = {DIGITS: 90, LONG: 900_000}
"""The wrong guesses that a code survives, by its number of digits."""

CALM: Final = 600.0
"""The time for which new codes have `LONG` digits after an attack, in seconds."""

LIFETIME: Final = 120.0
"""The lifetime of a code, in seconds."""

MOST: Final = 1000
"""The most codes at once; the oldest makes room."""


class Pairing:
    """The current codes.

    Args:
        database: the database that all web sides share, with `pairing_codes.TABLES`; its clock
            counts. None for one web side alone, with codes in memory.
        key: the key of the digests, the same for all web sides; None for a random one.
        clock: a clock, in seconds.
    """

    def __init__(
        self,
        database: Connection | None = None,
        key: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._codes = PairingCodes(database or sqlite.in_memory(TABLES))
        self._clock = clock if database is None else self._codes.now
        self._key = key or secrets.token_bytes(32)
        self._each = TokenBuckets(burst=5, per_second=0.1, clock=clock)
        # Half of a code's budget: new codes are then long before a short one expires.
        self._usual = TokenBuckets(BUDGETS[DIGITS] // 2, BUDGETS[DIGITS] / 2 / LIFETIME, clock)

    def invite(self, player_id: str, generation: str, role: Role) -> str:
        """Return a new code; the player's earlier code for this role ends.

        Raises:
            StoreError: the database cannot be used.
        """
        codes = self._codes
        with codes.transaction():
            now = self._clock()
            codes.end(now, player_id, role)
            codes.keep_newest(MOST - 1)
            digits = LONG if now < codes.long_until() else DIGITS
            while codes.has(digest := self._digest(code := _new_code(digits))):
                pass
            wrong = codes.wrong(digits)
            codes.put(
                digest, Invitation(player_id, generation, role, now + LIFETIME, digits, wrong)
            )
        return code

    def wait(self, address: str) -> float:
        """Count a guess of `address` and return 0, or return the seconds to wait first."""
        return self._each.take(address)

    def accept(self, code: str) -> Invitation | None:
        """Return the meaning of a code and end it; None if it is wrong.

        Raises:
            StoreError: the database cannot be used.
        """
        codes = self._codes
        with codes.transaction():
            now = self._clock()
            invitation = codes.take(self._digest(code))
            if invitation is not None and invitation.until > now:
                return invitation
            codes.count_wrong(len(code))
            if self._usual.take(EVERYBODY) > 0:
                codes.be_long_until(now + CALM)
        return None

    def guessed(self) -> list[Invitation]:
        """End the codes whose budget is used up, and return their invitations.

        Raises:
            StoreError: the database cannot be used.
        """
        with self._codes.transaction():
            return self._codes.guessed(BUDGETS, self._clock())

    def _digest(self, code: str) -> str:
        return hmac.digest(self._key, code.encode(), hashlib.sha256).hex()


def spelled(code: str) -> str:
    """Return a code in the form for people: ``4821-9367``."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def read(text: str) -> str | None:
    """Return the code in a typed text, without its separators; None if it is malformed."""
    code = "".join(it for it in text if it not in " -.\u00a0\u2010\u2011\u2013")
    good = len(code) in BUDGETS and code.isascii() and code.isdigit()
    return code if good else None


def _new_code(digits: int) -> str:
    return f"{secrets.randbelow(10**digits):0{digits}}"
