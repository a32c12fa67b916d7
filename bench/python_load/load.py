"""The load, the same for every library; it needs nothing but Python, for other environments too."""

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
"""Calls the procedure with a number; what it gives is checked."""


def answer(level: int) -> dict[str, int]:
    """Return what the procedure gives."""
    return {"volume": level}


async def load(call: Call, at_once: int, seconds: float) -> dict[str, Any]:
    """Keep `at_once` calls under way for `seconds`; return how long each took, in ms, sorted.

    Raises:
        ValueError: an answer was not that of its call.
    """
    numbers = itertools.count(1)
    took: list[float] = []
    clock = time.perf_counter
    began = clock()
    end = began + seconds

    async def call_on() -> None:
        while (before := clock()) < end:
            number = next(numbers)
            given = await call(number)
            took.append((clock() - before) * 1e3)
            if given != answer(number):
                raise ValueError(f"{given} is not the answer to {number}")

    await asyncio.gather(*(call_on() for _ in range(at_once)))
    return {"seconds": clock() - began, "took": sorted(took)}


async def obey(call: Call) -> None:
    """Read what is to be done from the standard input, a line each, and print what came of it."""
    say({"ready": True})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        say(await load(call, order["at_once"], order["seconds"]))


def say(value: dict[str, Any]) -> None:
    """Print one line."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()
