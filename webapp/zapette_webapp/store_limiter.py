"""Limits the requests that wait for the data folder, so that others have threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from zapette_broker.storage.store_errors import StoreBusy

MOST: Final = 3
"""The most threads that may use the files of the data folder at once."""

STORE_TIMEOUT: Final = 1.5
"""The time limit for a file that another process has locked, in seconds."""

TURN_TIMEOUT: Final = 0.25
"""The time limit for a turn, in seconds."""

P = ParamSpec("P")
R = TypeVar("R")


class StoreLimiter:
    """Lets a few requests at a time use the files of the data folder."""

    def __init__(self) -> None:
        self._turns = threading.BoundedSemaphore(MOST)

    def guard(self, view: Callable[P, R]) -> Callable[P, R]:
        """Return `view` with a turn around it; `StoreBusy` if none is free in time."""

        @wraps(view)
        def guarded(*arguments: P.args, **named: P.kwargs) -> R:
            if not self._turns.acquire(timeout=TURN_TIMEOUT):
                raise StoreBusy("too many requests are waiting already")
            try:
                return view(*arguments, **named)
            finally:
                self._turns.release()

        return guarded
