"""New players that wait until somebody lets them in, in a database.

A waiting page shows a short code, by which people tell which page they let in. The code gives no
right by itself: only the household, and the owner of a player that is in, can use it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final

from zapette_broker.storage import sqlite
from zapette_server.storage.connection import Connection
from zapette_server.storage.tables.waiting_players import TABLE, WaitingPlayer, WaitingPlayers
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

_FRESH: Final = ABSENT / 3


class Admission:
    """The waiting players; safe for several threads.

    Every method raises `StoreError` if the database cannot be used.

    Args:
        database: the database that all web sides share, with `waiting_players.TABLE`; its clock
            counts. None for one web side alone, which keeps them in memory.
        clock: a clock, in seconds.
    """

    def __init__(
        self, database: Connection | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._waiting = WaitingPlayers(database or sqlite.in_memory(TABLE))
        self._clock = clock if database is None else self._waiting.now

    def wait(self, player_id: str, client: str, address: str, device: str) -> tuple[str, int]:
        """Let a page wait, or wait on; return its code, and the seconds until it expires.

        Raises:
            TooManyWaiting: too many wait, of this client or in total.
        """
        now = self._clock()
        known = _of(player_id, self._present(now))
        # a page asks often: only some of that is written down
        if known is None or now - known.seen > _FRESH:
            with self._waiting.transaction():
                self._waiting.end(now, now - ABSENT)
                others = self._waiting.all()
                known = _of(player_id, others)
                if known is None:
                    _check_room(others, client)
                    code, until = _new_code(others), now + LIFETIME
                    known = WaitingPlayer(player_id, code, client, address, device, until, now)
                    self._waiting.put(known)
                else:
                    self._waiting.touch(player_id, now)
        return known.code, max(0, int(known.until - now))

    def take(self, code: str) -> WaitingPlayer | None:
        """Return the page that shows a code, which waits no longer; None if none does."""
        with self._waiting.transaction():
            found = next((it for it in self.all() if it.code == code), None)
            if found is not None:
                self._waiting.remove(found.player_id)
            return found

    def all(self) -> list[WaitingPlayer]:
        """Return the pages that wait, the one that waits longest first."""
        return self._present(self._clock())

    def _present(self, now: float) -> list[WaitingPlayer]:
        return [it for it in self._waiting.all() if it.until > now and it.seen + ABSENT > now]


def _of(player_id: str, waiting: list[WaitingPlayer]) -> WaitingPlayer | None:
    return next((it for it in waiting if it.player_id == player_id), None)


def _check_room(waiting: list[WaitingPlayer], client: str) -> None:
    if sum(it.client == client for it in waiting) >= MOST_OF_CLIENT:
        raise TooManyWaiting(client=client)
    if len(waiting) >= MOST:
        raise TooManyWaiting


def _new_code(waiting: list[WaitingPlayer]) -> str:
    taken = {it.code for it in waiting}
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
