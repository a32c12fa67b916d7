"""Wait for what is to happen, instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], what: str, timeout: float = 10.0, every: float = 0.02) -> T:
    """Return the first true answer of `look`; fail, naming `what`, after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    last: T
    while True:
        last = look()
        if last:
            return last
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what} (last: {last!r})")
        time.sleep(every)
