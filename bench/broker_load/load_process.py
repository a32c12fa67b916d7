"""The process that keeps a server with its clients, on the core of the load.

One process may open too few files for the clients of all servers.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any, TypeVar

import uvloop

from bench.broker_load.driver import Driver
from bench.broker_load.servers import Server
from bench.processes import ProcessError

T = TypeVar("T")


class LoadProcess:
    """Runs coroutines with the `Driver` of a server in a process of its own.

    `make` returns the server.
    """

    def __init__(self, make: Callable[[], Server]) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawn, initializer=_start, initargs=(make,))

    def run(
        self, act: Callable[..., Coroutine[Any, Any, T]], seconds: float, *arguments: object
    ) -> T:
        """Return what `act` gives for the driver and `arguments`, or raise its error.

        Raises:
            ProcessError: the process ended.
            TimeoutError: `act` took longer than `seconds`.
        """
        try:
            return self._pool.submit(_run, act, seconds, arguments).result()
        except BrokenProcessPool:
            raise ProcessError("the process of the load ended") from None

    def stop(self) -> None:
        """End the server, the process, and with it the connections."""
        with suppress(BrokenProcessPool):
            self._pool.submit(_stop).result()
        self._pool.shutdown(cancel_futures=True)


_driver: Driver
_loop: asyncio.AbstractEventLoop


def _start(make: Callable[[], Server]) -> None:
    global _driver, _loop
    # only between measurements
    gc.disable()
    _driver, _loop = Driver(make()), uvloop.new_event_loop()
    threading.Thread(target=_loop.run_forever, daemon=True).start()


def _run(
    act: Callable[..., Coroutine[Any, Any, T]], seconds: float, arguments: tuple[object, ...]
) -> T:
    gc.collect()
    done = asyncio.wait_for(act(_driver, *arguments), seconds)
    try:
        return asyncio.run_coroutine_threadsafe(done, _loop).result()
    except BaseException:
        # calls may be under way
        _loop.call_soon_threadsafe(_driver.hang_up)
        raise


def _stop() -> None:
    _driver.server.process.stop()
