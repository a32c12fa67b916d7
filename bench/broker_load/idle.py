"""The idle clients of one server, kept by a process of their own on the core of the load.

One process may open too few files for the clients of all servers.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, TypeVar

import uvloop

from bench.broker_load.clients import Client, Login, open_all
from bench.processes import ProcessError

AT_ONCE: Final = 64
_LATE: Final = 30.0

T = TypeVar("T")


class IdleClients:
    """The clients, in the process that keeps them; their methods run on its event loop."""

    def __init__(self, make: Callable[[Login], Client]) -> None:
        self._make = make
        self._clients: list[Client] = []
        self._received = 0
        self._last = 0

    async def open(self, members: Sequence[tuple[Login, Sequence[str]]], seconds: float) -> int:
        """Open clients with their subscriptions within `seconds`; return the process id."""
        self._clients = [self._make(login) for login, _ in members]

        async def subscribe(place: int) -> None:
            await self._clients[place].subscribe(members[place][1])
            self._clients[place].on_message = self._count

        deadline = time.monotonic() + seconds
        opened = await open_all(self._clients, at_once=AT_ONCE, deadline=deadline, then=subscribe)
        if opened != len(members):
            raise ProcessError(f"only {opened} idle clients within {seconds:.0f} s")
        gc.collect()
        gc.freeze()
        return os.getpid()

    async def listen(self) -> None:
        """Count the messages that arrive from now on."""
        self._received = self._last = 0

    async def received(self, count: int, seconds: float) -> tuple[int, int]:
        """Wait for `count` messages; return how many came, and when the last one, in ns."""
        deadline = time.monotonic() + seconds
        while self._received < count and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        return self._received, self._last

    async def ping(self, interval: float, seconds: float) -> list[float]:
        """Ping with each client every `interval` seconds; return the waits in seconds."""
        waits: list[float] = []
        until = time.monotonic() + seconds

        async def keep_on(client: Client, delay: float) -> None:
            await asyncio.sleep(delay)
            while time.monotonic() < until:
                began = time.perf_counter()
                await client.ping()
                waits.append(time.perf_counter() - began)
                await asyncio.sleep(interval)

        count = len(self._clients)
        pings = (keep_on(client, interval * n / count) for n, client in enumerate(self._clients))
        async with asyncio.timeout(seconds + _LATE):
            await asyncio.gather(*pings)
        return waits

    def _count(self) -> None:
        self._received += 1
        self._last = time.perf_counter_ns()


class IdleProcess:
    """Runs the methods of an `IdleClients` in a process of its own."""

    def __init__(self, make: Callable[[Login], Client]) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawn, initializer=_start, initargs=(make,))

    async def run(self, method: Callable[..., Coroutine[Any, Any, T]], *arguments: object) -> T:
        """Return what a method gives, or raise its error; ProcessError if the process ended."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, _run, method, arguments)
        except BrokenProcessPool:
            raise ProcessError("the process of the idle clients ended") from None

    def stop(self) -> None:
        """End the process, and with it the connections."""
        self._pool.shutdown(cancel_futures=True)


_clients: IdleClients
_loop: asyncio.AbstractEventLoop


def _start(make: Callable[[Login], Client]) -> None:
    global _clients, _loop
    gc.disable()
    _clients, _loop = IdleClients(make), uvloop.new_event_loop()
    threading.Thread(target=_loop.run_forever, daemon=True).start()


def _run(method: Callable[..., Coroutine[Any, Any, T]], arguments: tuple[object, ...]) -> T:
    return asyncio.run_coroutine_threadsafe(method(_clients, *arguments), _loop).result()
