"""Wait for what is to happen, instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

SLACK: Final = 5.0
"""What a busy machine may add to a time that we promise, in seconds."""


def eventually(look: Callable[[], T], what: str, timeout: float = 30, every: float = 0.02) -> T:
    """Return the first true answer of `look`; fail, naming `what`, after `timeout` seconds.

    A look at an item of a list, or a key, that is not there yet is an answer that is not true yet.
    """
    deadline = time.monotonic() + timeout
    last: T | LookupError
    while True:
        try:
            last = look()
        except LookupError as error:
            last = error
        else:
            if last:
                return last
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what} (last: {last!r})")
        time.sleep(every)
