"""How many requests wait for the data folder at once, so that others have a thread left."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from broker.store_errors import StoreBusy

MOST: Final = 3
"""Of the server's threads, how many may use the files of the data folder at once."""

STORE_PATIENCE: Final = 1.5
"""How long one of them waits for a file that another process holds, in seconds."""

PATIENCE: Final = 0.25
"""How long a further one waits for its turn, in seconds."""

P = ParamSpec("P")
R = TypeVar("R")


class StoreTurns:
    """Lets few requests at a time use the files of the data folder, each of which may have to wait.

    Args:
        most: how many.
        patience: how long a further one waits, in seconds.
    """

    def __init__(self, most: int = MOST, patience: float = PATIENCE) -> None:
        self._turns = threading.BoundedSemaphore(most)
        self._patience = patience

    def guard(self, view: Callable[P, R]) -> Callable[P, R]:
        """Return `view`, which raises `StoreBusy` if no turn comes in time."""

        @wraps(view)
        def guarded(*arguments: P.args, **named: P.kwargs) -> R:
            if not self._turns.acquire(timeout=self._patience):
                raise StoreBusy("too many requests wait already")
            try:
                return view(*arguments, **named)
            finally:
                self._turns.release()

        return guarded
