"""Opens many clients at once, a bounded number at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bench.broker_load.peer import Peer

_SOURCES: Final = 8
_GRACE: Final = 5.0


async def open_all(
    peers: Sequence[Peer],
    port: int,
    *,
    at_once: int,
    deadline: float,
    then: Callable[[int], Awaitable[None]] | None = None,
) -> int:
    """Open `peers`, `at_once` under way at any time, and return how many were before `deadline`.

    The connections come from several addresses of the loopback, so that ports never run out.

    Args:
        peers: clients that are yet to be opened; they are opened in order.
        port: the server's.
        at_once: how many may be under way.
        deadline: in seconds of the monotonic clock; what is under way then is given up soon.
        then: what else makes the client at a place in `peers` ready.

    Raises:
        ConnectionError: one was refused.
    """
    places = iter(range(len(peers)))
    opened = 0

    async def work() -> None:
        nonlocal opened
        for place in places:
            if time.monotonic() >= deadline:
                return
            await peers[place].open(port, f"127.0.0.{2 + place % _SOURCES}")
            if then is not None:
                await then(place)
            opened += 1

    tasks = [asyncio.create_task(work()) for _ in range(at_once)]
    patience = deadline - time.monotonic() + _GRACE
    done, pending = await asyncio.wait(tasks, timeout=patience, return_when=asyncio.FIRST_EXCEPTION)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()
    return opened
