"""The answers that are being sent, and that end with the right that opened them; no I/O."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from zapette_broker.storage.store_errors import StoreError

RIGHT: Final = "zapette.right"
"""The key in the WSGI environment of the `Right` of a request, if its right can be revoked."""

PERIOD: Final = 0.25
"""Seconds between two looks at the rights."""

Right = Callable[[], bool]
"""Returns whether a right still stands; raises `StoreError` if that cannot be read."""


class Connection(Protocol):
    """Sends answers."""

    def cut(self) -> None:
        """Close it, and drop what is not sent yet; any thread may call this, and it returns."""


def stands(right: Right) -> bool:
    """Return whether a right stands; one whose store cannot be read now does."""
    try:
        return right()
    except StoreError:
        return True


class Transfers:
    """The transfers under way whose rights can be revoked. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rights: dict[Connection, list[Right]] = {}

    def __len__(self) -> int:
        return len(self._rights)

    def begin(self, connection: Connection, right: Right) -> None:
        """Take note that a connection sends an answer that a right opened."""
        with self._lock:
            self._rights.setdefault(connection, []).append(right)

    def end(self, connection: Connection) -> None:
        """Take note that a connection has sent all, or is closed."""
        # most have none, and this is called after each answer
        if connection in self._rights:
            with self._lock:
                self._rights.pop(connection, None)

    def check(self) -> None:
        """Cut the connections whose rights were revoked."""
        with self._lock:
            running = list(self._rights.items())
        for connection, rights in running:
            if not _all_stand(rights):
                connection.cut()

    def watch(self, stopping: threading.Event) -> None:
        """Check every `PERIOD` until `stopping` is set."""
        while not stopping.wait(PERIOD):
            self.check()


def _all_stand(rights: Iterable[Right]) -> bool:
    return all(stands(it) for it in tuple(rights))
