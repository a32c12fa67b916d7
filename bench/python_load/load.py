"""The load, the same for every library; it needs only Python, for other environments too."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

PROCEDURE: Final = "volume"

Call = Callable[[int], Awaitable[Any]]
"""Calls the procedure with a number; the result is checked."""


def answer(level: int) -> dict[str, int]:
    """Return the result of the procedure."""
    return {"volume": level}


async def load(call: Call, at_once: int, seconds: float) -> dict[str, Any]:
    """Keep `at_once` calls under way for `seconds`; return how many ms each took.

    Raises:
        ValueError: a result was not that of its call.
    """
    numbers = itertools.count(1)
    took: list[float] = []
    clock = time.perf_counter
    began = clock()
    end = began + seconds

    async def keep_calling() -> None:
        while (before := clock()) < end:
            number = next(numbers)
            given = await call(number)
            took.append((clock() - before) * 1e3)
            if given != answer(number):
                raise ValueError(f"{given} is not the result for {number}")

    await asyncio.gather(*(keep_calling() for _ in range(at_once)))
    return {"seconds": clock() - began, "took": took}


async def serve_orders(call: Call) -> None:
    """Read orders from the standard input, a line each, and print their results."""
    say({"ready": True})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        say(await load(call, **json.loads(line)))


def say(value: dict[str, Any]) -> None:
    """Print one line of JSON."""
    print(json.dumps(value), flush=True)
