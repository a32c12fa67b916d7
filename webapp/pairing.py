"""Pairing by a short code: a player shows it, somebody types it; no I/O.

**How hard a code is to guess.** It is one of 10^8, lives for 120 s, and is good once. Guesses of
all addresses together are limited to 30 at once and one in two seconds after that, right ones
included: 90 in the life of a code. So somebody who guesses all the time while a code is shown finds
it with a probability of 90 / 10^8, less than one in a million; with ten players that show one at
that moment, less than one in a hundred thousand. One address alone has 5 at once and one in ten
seconds, 17 in the life of a code.

Codes are kept in the memory of this process, and only as keyed digests: comparing one takes the
same time whatever is right in it, and a restart ends all.
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

from webapp.throttle import EVERYBODY, Throttle
from zapette.credentials import Role

DIGITS: Final = 8
LIFETIME: Final = 120.0
"""How long a code is good for, in seconds."""

MOST: Final = 1000
"""How many codes are good at once; the oldest makes room."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a code stands for.

    Attributes:
        player_id: the player that showed it.
        generation: the generation of codes the player had then.
        role: what the code makes of who types it.
        until: when it ends, by the clock.
    """

    player_id: str
    generation: str
    role: Role
    until: float


class Pairing:
    """The codes that are shown now.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._codes: OrderedDict[bytes, Invitation] = OrderedDict()
        self._each = Throttle(burst=5, per_second=0.1, clock=clock)
        self._all = Throttle(burst=30, per_second=0.5, clock=clock)

    def invite(self, player_id: str, generation: str, role: Role) -> str:
        """Return a new code; the one that the player showed before for this role ends."""
        with self._lock:
            self._drop(lambda it: it.until <= self._clock() or
                       (it.player_id, it.role) == (player_id, role))  # fmt: skip
            while len(self._codes) >= MOST:
                self._codes.popitem(last=False)
            while (digest := self._digest(code := _new_code())) in self._codes:
                pass
            until = self._clock() + LIFETIME
            self._codes[digest] = Invitation(player_id, generation, role, until)
        return code

    def wait(self, address: str) -> float:
        """Return 0 if `address` may guess now, which counts as a guess; else seconds to wait."""
        # its own limit first: who is over it takes nothing from the others
        return self._each.take(address) or self._all.take(EVERYBODY)

    def accept(self, code: str) -> Invitation | None:
        """Return what a code stands for, and end it; None if it is none."""
        with self._lock:
            invitation = self._codes.pop(self._digest(code), None)
        return invitation if invitation and invitation.until > self._clock() else None

    def _digest(self, code: str) -> bytes:
        return hmac.digest(self._key, code.encode(), hashlib.sha256)

    def _drop(self, which: Callable[[Invitation], bool]) -> None:
        for digest in [digest for digest, it in self._codes.items() if which(it)]:
            del self._codes[digest]


def spelled(code: str) -> str:
    """Return a code as it is shown: ``4821-9367``."""
    half = DIGITS // 2
    return f"{code[:half]}-{code[half:]}"


def read(text: str) -> str | None:
    """Return the code that somebody typed, with whatever they put between the digits.

    None if it is not one: too many digits, too few, or letters.
    """
    code = "".join(it for it in text if it not in " -.\u00a0\u2010\u2011\u2013")
    good = len(code) == DIGITS and code.isascii() and code.isdigit()
    return code if good else None


def _new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
