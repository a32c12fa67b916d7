"""A request to stop, which signals make at any moment."""

from __future__ import annotations

import contextlib
import signal
import socket
from types import FrameType
from typing import Any


class Interruption:
    """Set by a signal, or by another thread, while one thread waits for it.

    A `threading.Event` will not do. Its lock is held for an instant of each `wait`, and a handler
    on the same thread just then would wait for that lock for ever. And the system may hand a
    signal to any thread: the main one, which runs the handlers, would not notice while it waits
    for a lock.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._handlers: dict[int, Any] = {}
        self._wakeup_fd = -1

    def handle(self, *numbers: signal.Signals) -> None:
        """Make these signals set it, until `close`; once, and on the main thread only."""
        # the only thing that is done on the thread which has the signal
        fd = self._waker.fileno()
        self._wakeup_fd = signal.set_wakeup_fd(fd, warn_on_full_buffer=False)
        for number in numbers:
            self._handlers[number] = signal.signal(number, self._on_signal)

    def set(self) -> None:
        """Make the request."""
        self._is_set = True
        # full after many requests, of which one is enough
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def is_set(self) -> bool:
        """Return whether the request was made."""
        return self._is_set

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the request for at most so many seconds; return whether it was made."""
        while not self._is_set:
            self._woken.settimeout(seconds)
            try:
                # there is a byte also for a signal that others handle
                self._woken.recv(4096)
            except (TimeoutError, BlockingIOError):
                break
        return self._is_set

    def close(self) -> None:
        """Give the signals back to who had them, and release the rest."""
        if self._handlers:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(self._wakeup_fd)
        self._woken.close()
        self._waker.close()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._is_set = True
