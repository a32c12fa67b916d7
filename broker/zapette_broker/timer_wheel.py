"""One timer for everything that times out: keep alive, CONNECT, tokens, sessions, wills."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

logger = logging.getLogger("broker")

TICK = 0.25

_SHORTEST = 0.001


class Timed(Protocol):
    """Something with a next point in time."""

    due: int
    """The tick it waits for, 0 if none; belongs to the wheel."""

    def on_time(self, now: float) -> float | None:
        """Act if it is time; return when to be asked again, None for never."""


class TimerWheel:
    """Asks each of its members at its time, at most a tick late and never early.

    Times are of `time.monotonic`: a loop's own clock may stand still while it is busy, and uvloop's
    goes in whole milliseconds, so that its timers may be early.

    Members are kept in buckets by tick, so that ten thousand of them cost no more than one
    until they are due, and one that moves its time on need not say so.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, set[Timed]] = {}
        self._handle: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last = 0
        #: Returns the time, 0 before the start.
        self.time: Callable[[], float] = float

    def start(self) -> None:
        """Begin to tick."""
        self._loop = asyncio.get_running_loop()
        self.time = time.monotonic
        self._last = int(self.time() / TICK)
        self._handle = self._loop.call_later(TICK, self._tick)

    def stop(self) -> None:
        """Tick no more, and forget all members."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._buckets.clear()

    def add(self, member: Timed, when: float) -> None:
        """Ask `member` at `when`, instead of at the time it had before."""
        if member.due:
            self.remove(member)
        tick = max(int(when / TICK) + 1, self._last + 1)
        member.due = tick
        bucket = self._buckets.get(tick)
        if bucket is None:
            self._buckets[tick] = {member}
        else:
            bucket.add(member)

    def remove(self, member: Timed) -> None:
        """Ask `member` no more."""
        tick, member.due = member.due, 0
        bucket = self._buckets.get(tick)
        if bucket is not None:
            bucket.discard(member)
            if not bucket:
                # Or who comes and goes with a token of half a day would leave it for as long.
                del self._buckets[tick]

    def call_after(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` when so many seconds have passed, not earlier; a loop has to run."""
        self._call_at(self.time() + seconds, callback)

    def _call_at(self, when: float, callback: Callable[[], None]) -> None:
        left = when - self.time()
        if left > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(max(left, _SHORTEST), self._call_at, when, callback)
        else:
            callback()

    def _tick(self) -> None:
        if self._loop is None:
            return
        self._handle = self._loop.call_later(TICK, self._tick)
        now = self.time()
        current = int(now / TICK)
        first, self._last = self._last + 1, current
        for tick in range(first, current + 1):
            for member in self._buckets.pop(tick, ()):
                if member.due != tick:
                    continue
                member.due = 0
                try:
                    again = member.on_time(now)
                except Exception:
                    # of one of them: the others have their time too
                    logger.exception("event=timer_failed")
                    continue
                if again is not None:
                    self.add(member, again)
