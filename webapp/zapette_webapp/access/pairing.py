"""Pairing by a short code that a player shows and a person types; no I/O.

**Guessing.** A code is one of 10^8, lasts 120 s and works once. It expires after 90 wrong guesses
from all addresses together, so that the chance to find it is below one in a million. An attacker
can make the code on the screen expire, but locks nobody out: during the attack and for ten minutes
afterwards, new codes have 12 digits and a budget of 900,000 guesses, which gives the same chance.
Each address has 5 guesses at once and then one every ten seconds, 17 in the life of a code.

Codes exist only in memory, as keyed digests: a comparison always takes the same time, and a restart
ends all codes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from zapette_server.access.credentials import Role
from zapette_webapp.access.throttle import EVERYBODY, Throttle

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


@dataclass(frozen=True, slots=True)
class Invitation:
    """The meaning of a code.

    Attributes:
        player_id: the player that shows it.
        generation: the generation of the player's codes.
        role: the role that it gives.
        until: its expiry, by the clock.
        digits: its number of digits.
        wrong: the count of wrong guesses with as many digits when it was made.
    """

    player_id: str
    generation: str
    role: Role
    until: float
    digits: int
    wrong: int


class Pairing:
    """The current codes.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._codes: OrderedDict[bytes, Invitation] = OrderedDict()
        self._each = Throttle(burst=5, per_second=0.1, clock=clock)
        self._wrong = dict.fromkeys(BUDGETS, 0)
        # Half of a code's budget: new codes are then long before a short one expires.
        self._usual = Throttle(BUDGETS[DIGITS] // 2, BUDGETS[DIGITS] / 2 / LIFETIME, clock)
        self._long_until = clock()

    def invite(self, player_id: str, generation: str, role: Role) -> str:
        """Return a new code; the player's earlier code for this role ends."""
        with self._lock:
            self._drop(lambda it: it.until <= self._clock() or
                       (it.player_id, it.role) == (player_id, role))  # fmt: skip
            while len(self._codes) >= MOST:
                self._codes.popitem(last=False)
            digits = LONG if self._clock() < self._long_until else DIGITS
            while (digest := self._digest(code := _new_code(digits))) in self._codes:
                pass
            until, wrong = self._clock() + LIFETIME, self._wrong[digits]
            self._codes[digest] = Invitation(player_id, generation, role, until, digits, wrong)
        return code

    def wait(self, address: str) -> float:
        """Count a guess of `address` and return 0, or return the seconds to wait first."""
        return self._each.take(address)

    def accept(self, code: str) -> Invitation | None:
        """Return the meaning of a code and end it; None if it is wrong."""
        with self._lock:
            invitation = self._codes.pop(self._digest(code), None)
            if invitation is not None and invitation.until > self._clock():
                return invitation
            self._wrong[len(code)] += 1
            if self._usual.take(EVERYBODY) > 0:
                self._long_until = self._clock() + CALM
        return None

    def guessed(self) -> list[Invitation]:
        """End the codes whose budget is used up, and return their invitations."""
        with self._lock:
            return self._drop(
                lambda it: (
                    self._wrong[it.digits] - it.wrong >= BUDGETS[it.digits]
                    and it.until > self._clock()
                )
            )

    def _digest(self, code: str) -> bytes:
        return hmac.digest(self._key, code.encode(), hashlib.sha256)

    def _drop(self, which: Callable[[Invitation], bool]) -> list[Invitation]:
        return [self._codes.pop(digest) for digest, it in [*self._codes.items()] if which(it)]


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
