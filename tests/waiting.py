"""Wait for what is to happen, instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

SLACK: Final = 5.0
"""What a busy machine may add to a time that we promise, in seconds."""

HANG_TIMEOUT: Final = 60.0
"""Seconds to wait for what takes a moment: no claim, only a guard against waiting for ever."""

_SOON: Final = 0.02
_LATE: Final = 0.1


def eventually(
    look: Callable[[], T], what: str, timeout: float = 30, every: float | None = None
) -> T:
    """Return the first true answer of `look`; fail, naming `what`, after `timeout` seconds.

    A look at an item of a list, or a key, that is not there yet is an answer that is not true yet.
    Looks are `every` seconds apart; without it a tenth of what was waited, so that what takes long
    is not made longer by many looks.
    """
    begun = time.monotonic()
    last: T | LookupError
    while True:
        try:
            last = look()
        except LookupError as error:
            last = error
        else:
            if last:
                return last
        waited = time.monotonic() - begun
        if waited > timeout:
            raise AssertionError(f"not within {timeout:g} s: {what} (last: {last!r})")
        time.sleep(min(max(_SOON, waited / 10), _LATE) if every is None else every)
