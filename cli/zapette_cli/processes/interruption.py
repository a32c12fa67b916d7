"""The request to stop that SIGINT and SIGTERM are."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from types import FrameType


class Interruption:
    """Set by a signal at any moment.

    A `threading.Event` cannot be: its lock is held for an instant of each `wait`, and a handler
    that runs on the same thread just then would wait for that lock for ever.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)

    def handle(self, *numbers: signal.Signals) -> None:
        """Have these signals set it, instead of what they did."""
        for number in numbers:
            signal.signal(number, self._on_signal)

    def set(self) -> None:
        """Make the request."""
        self._is_set = True
        # nobody reads it: there is no room after many requests, and one wakes already
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def is_set(self) -> bool:
        """Return whether the request was made."""
        return self._is_set

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the request for at most so many seconds; return whether it was made."""
        if not self._is_set:
            select.select([self._woken], [], [], seconds)
        return self._is_set

    def close(self) -> None:
        """Release what it holds; no signal may come any more."""
        self._woken.close()
        self._waker.close()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.set()
