"""How many bytes of parts of uploads the server receives at the same time; no I/O."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

MOST: Final = 64 << 20
"""Bytes of all parts; waitress keeps a part in a temporary file until it is complete."""

MOST_OF_CLIENT: Final = 16 << 20
"""Bytes of the parts of one client."""


class PartBudget:
    """The parts that are being received; safe for several threads.

    Args:
        most: bytes of all of them.
        most_of_client: bytes of those of one client.
    """

    def __init__(self, most: int = MOST, most_of_client: int = MOST_OF_CLIENT) -> None:
        self._most = most
        self._most_of_client = most_of_client
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def take(self, client: str, size: int) -> bool:
        """Take room for a part of `size` bytes; tell whether there is some."""
        with self._lock:
            if self._taken[client] + size > self._most_of_client:
                return False
            if self._taken.total() + size > self._most:
                return False
            self._taken[client] += size
            return True

    def give_back(self, client: str, size: int) -> None:
        """Give back what `take` took."""
        with self._lock:
            self._taken[client] -= size
            if not self._taken[client]:
                del self._taken[client]
