"""Counts refused requests and connections, for ``/metrics``."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

from zapette_webapp.status.prometheus import Family, Sample


class Reason(StrEnum):
    """The reasons of refusals; each value is a label."""

    HOST = "host"
    ORIGIN = "origin"
    MALFORMED = "malformed"
    HEADER = "header"
    BODY = "body"
    SLOW = "slow"
    CONNECTIONS = "connections"
    RATE = "rate"
    PLAYERS = "players"
    GUESSED = "guessed"
    LIBRARY = "library"
    WAITING = "waiting"


class RefusalCounts:
    """The number of refusals by reason; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Reason] = Counter()

    def count(self, reason: Reason) -> None:
        """Count one refusal."""
        with self._lock:
            self._counts[reason] += 1

    def families(self) -> Iterator[Family]:
        """Return the figures."""
        with self._lock:
            samples = [Sample(self._counts[it], {"reason": it.value}) for it in Reason]
        meaning = "HTTP requests and connections refused, by reason."
        yield Family("zapette_http_refused_total", "counter", meaning, samples)
