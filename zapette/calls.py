"""The calls that wait for an answer; no I/O."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from zapette.errors import CallError, CallTimeout, Unavailable
from zapette.messages import read_response


class PendingCalls:
    """Matches answers to the calls they belong to, by topic; safe from several threads.

    An answer that comes twice, late, or to nobody is dropped.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[Any]] = {}
        self._deadlines: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def number(self) -> str:
        """Return a token for a new call, unique to this caller."""
        return str(next(self._numbers))

    def open(self, response_topic: str, timeout: float) -> Future[Any]:
        """Return the future of the call that `response_topic` answers, within `timeout` seconds."""
        future: Future[Any] = Future()
        with self._lock:
            self._waiting[response_topic] = future
            heapq.heappush(self._deadlines, (self._clock() + timeout, response_topic))
        return future

    def answer(self, topic: str, payload: bytes) -> None:
        """Give the answer that came on `topic` to the call that waits for it, if one does."""
        try:
            self._end(topic, result=read_response(payload))
        except CallError as error:
            self._end(topic, error=error)

    def fail(self, topic: str, error: CallError) -> None:
        """End the call that is answered on `topic` with `error`, if it still waits."""
        self._end(topic, error=error)

    def fail_all(self, reason: str) -> None:
        """End every waiting call with ``unavailable``."""
        with self._lock:
            topics = list(self._waiting)
        for topic in topics:
            self.fail(topic, Unavailable(reason))

    def expire(self) -> None:
        """End the calls whose time has run out with ``timeout``."""
        while (topic := self._overdue()) is not None:
            self.fail(topic, CallTimeout("no answer in time"))

    def _overdue(self) -> str | None:
        with self._lock:
            if self._deadlines and self._deadlines[0][0] <= self._clock():
                return heapq.heappop(self._deadlines)[1]
            return None

    def _end(self, topic: str, *, result: Any = None, error: CallError | None = None) -> None:
        with self._lock:
            future = self._waiting.pop(topic, None)
        # a call that was given up (cancelled) is over already
        if future is None or not future.set_running_or_notify_cancel():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
