"""New players that wait until somebody lets them in; no I/O.

A waiting page shows a short code, by which people tell which page they let in. The code gives no
right by itself: only the household, and the owner of a player that is in, can use it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from zapette_webapp.errors import TooManyWaiting

DIGITS: Final = 6

LIFETIME: Final = 600.0
"""The lifetime of a code, in seconds; a page that still waits then shows a new one."""

ABSENT: Final = 30.0
"""Seconds after which a page that no longer asks loses its place."""

MOST: Final = 200
"""The most pages that wait."""

MOST_OF_CLIENT: Final = 10
"""The most pages of one client that wait."""

POLL: Final = 2
"""Seconds after which a waiting page asks again."""


@dataclass(frozen=True, slots=True)
class WaitingPlayer:
    """A page that waits to become a player.

    Attributes:
        player_id: its id.
        code: what it shows.
        client: the client, for the limits.
        address: its address.
        device: the device as people know it; or empty.
        until: the expiry of the code, by the clock.
        seen: when it last asked, by the clock.
    """

    player_id: str
    code: str
    client: str
    address: str
    device: str
    until: float
    seen: float


@dataclass
class Admission:
    """The waiting players; safe for several threads.

    Attributes:
        clock: a monotonic clock, in seconds.
    """

    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: dict[str, WaitingPlayer] = field(default_factory=dict)

    def wait(self, player_id: str, client: str, address: str, device: str) -> WaitingPlayer:
        """Let a page wait, or wait on; return its code.

        Raises:
            TooManyWaiting: too many wait, of this client or in total.
        """
        with self._lock:
            now = self._drop_ended()
            known = self._waiting.get(player_id)
            if known is None:
                self._check_room(client)
                until = now + LIFETIME
                known = WaitingPlayer(
                    player_id, self._new_code(), client, address, device, until, now
                )
            self._waiting[player_id] = replace(known, seen=now)
            return known

    def left(self, waiting: WaitingPlayer) -> int:
        """Return the seconds until its code expires."""
        return max(0, int(waiting.until - self.clock()))

    def take(self, code: str) -> WaitingPlayer | None:
        """Return the page that shows a code, which waits no longer; None if none does."""
        with self._lock:
            self._drop_ended()
            found = next((it for it in self._waiting.values() if it.code == code), None)
            if found is not None:
                del self._waiting[found.player_id]
            return found

    def all(self) -> list[WaitingPlayer]:
        """Return the pages that wait, the one that waits longest first."""
        with self._lock:
            self._drop_ended()
            return sorted(self._waiting.values(), key=lambda it: it.until)

    def _check_room(self, client: str) -> None:
        if sum(it.client == client for it in self._waiting.values()) >= MOST_OF_CLIENT:
            raise TooManyWaiting(client=client)
        if len(self._waiting) >= MOST:
            raise TooManyWaiting

    def _drop_ended(self) -> float:
        now = self.clock()
        for player_id, it in list(self._waiting.items()):
            if it.until <= now or it.seen + ABSENT <= now:
                del self._waiting[player_id]
        return now

    def _new_code(self) -> str:
        taken = {it.code for it in self._waiting.values()}
        while (code := f"{secrets.randbelow(10**DIGITS):0{DIGITS}}") in taken:
            pass
        return code


def spelled(code: str) -> str:
    """Return a code in the form for people: ``481-936``."""
    return f"{code[:3]}-{code[3:]}"


def read(text: object) -> str | None:
    """Return the code in a typed text, without its separators; None if it is malformed."""
    if not isinstance(text, str) or len(text) > 20:
        return None
    code = "".join(it for it in text if it not in " -.\u00a0\u2010\u2011\u2013")
    return code if len(code) == DIGITS and code.isascii() and code.isdigit() else None
