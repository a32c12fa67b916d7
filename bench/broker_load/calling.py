"""The calls of one caller: which wait for their answer, and when each was answered; no I/O."""

from __future__ import annotations

import time
from typing import Final

from bench.broker_load.framing import Template

_FIRST: Final = 10_000_000


class Calls:
    """Keeps a number of calls under way: an answer sets off the next call.

    Attributes:
        answered_at: when each answer came, in nanoseconds of the monotonic clock.
    """

    def __init__(self, template: Template) -> None:
        self.answered_at: list[int] = []
        self._template = template
        self._next = _FIRST
        self._waiting: set[bytes] = set()
        self._running = False

    @property
    def waiting(self) -> int:
        """How many calls wait for their answer."""
        return len(self._waiting)

    def start(self, at_once: int) -> bytes:
        """Return what to send so that `at_once` calls are under way."""
        self._running = True
        return b"".join(self._call() for _ in range(at_once))

    def stop(self) -> None:
        """Make no further call."""
        self._running = False

    def answer(self, token: bytes) -> bytes:
        """Note an answer, and return the next call to be sent.

        Raises:
            KeyError: no such call waits.
        """
        self._waiting.remove(token)
        self.answered_at.append(time.perf_counter_ns())
        return self._call() if self._running else b""

    def _call(self) -> bytes:
        token = b"%d" % self._next
        self._next += 1
        self._waiting.add(token)
        return self._template.fill(token)
