"""The calls that wait for an answer; no I/O."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from zapette.errors import CallError, Unavailable
from zapette.protocol.messages import read_response

AnyFuture = Future[Any] | asyncio.Future[Any]


class PendingCalls:
    """Matches answers to calls by topic; not thread-safe.

    It drops late, repeated and unexpected answers.

    Args:
        late: returns the error of a call that expires, given the topic of its answer.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self, late: Callable[[str], CallError], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._late = late
        self._clock = clock
        self._numbers = itertools.count(1)
        self._waiting: dict[str, AnyFuture] = {}
        # by time-out: calls with one time-out expire in the order they began
        self._deadlines: dict[float, deque[tuple[float, str]]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def now(self) -> float:
        """Return the time on the clock."""
        return self._clock()

    def next_deadline(self) -> float | None:
        """Return when the next call expires, on the clock; None if none waits."""
        for timeout, deadlines in list(self._deadlines.items()):
            self._forget_answered(deadlines)
            if not deadlines:
                del self._deadlines[timeout]
        return min((each[0][0] for each in self._deadlines.values()), default=None)

    def number(self) -> str:
        """Return a token for a new call, unique to this caller."""
        return str(next(self._numbers))

    def open(self, response_topic: str, future: AnyFuture, timeout: float) -> float:
        """Let the answer on `response_topic` end `future`, within `timeout` seconds.

        Returns:
            When it expires, on the clock.
        """
        self._waiting[response_topic] = future
        deadlines = self._deadlines.get(timeout)
        if deadlines is None:
            deadlines = self._deadlines[timeout] = deque()
        self._forget_answered(deadlines)
        deadline = self._clock() + timeout
        deadlines.append((deadline, response_topic))
        return deadline

    def answer(self, topic: str, payload: bytes) -> bool:
        """End the call that waits for an answer on `topic`; return whether one does."""
        future = self._waiting.pop(topic, None)
        if future is None:
            return False
        try:
            settle(future, result=read_response(payload))
        except CallError as error:
            settle(future, error=error)
        return True

    def fail(self, topic: str, error: CallError) -> None:
        """End the call that waits for an answer on `topic` with `error`, if any."""
        future = self._waiting.pop(topic, None)
        if future is not None:
            settle(future, error=error)

    def fail_all(self, reason: str, below: str = "") -> None:
        """End the calls that wait for an answer below a topic with ``unavailable``."""
        for topic in [topic for topic in self._waiting if topic.startswith(below)]:
            self.fail(topic, Unavailable(reason))

    def expire(self) -> None:
        """End the expired calls."""
        now = self._clock()
        for deadlines in list(self._deadlines.values()):
            while deadlines and deadlines[0][0] <= now:
                topic = deadlines.popleft()[1]
                self.fail(topic, self._late(topic))

    def _forget_answered(self, deadlines: deque[tuple[float, str]]) -> None:
        while deadlines and deadlines[0][1] not in self._waiting:
            deadlines.popleft()


def settle(future: AnyFuture, *, result: Any = None, error: CallError | None = None) -> None:
    """End a call, unless it was cancelled."""
    if isinstance(future, Future):
        if not future.set_running_or_notify_cancel():
            return
    elif future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
