"""Starts and stops a client: in a thread or a task, or until a signal."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Generator
from typing import Any

from zapette.client.client import Client


class Runner:
    """Starts and stops a client.

    In a task, `start` and `stop` return what the caller awaits; elsewhere they block.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ended = threading.Event()

    def start(self, timeout: float) -> Awaitable[None]:
        """Start the client and wait until it is live, at most `timeout` seconds.

        Raises:
            Unavailable: it is not live in time; it is stopped.
        """
        if _in_task():
            self._begin()
            return self._wait(timeout)
        self.start_blocking(timeout)
        return _Done()

    def start_blocking(self, timeout: float) -> None:
        """Start the client, as `start` does, and block also in a task."""
        self._begin()
        if timeout <= 0:
            return
        try:
            self._client.wait(timeout)
        except BaseException:
            self._client.stop()
            raise

    def stop(self) -> Awaitable[None]:
        """Stop the client, and end `run`."""
        if _in_task():
            self.end()
            return self._client.stop_async()
        self.stop_blocking()
        return _Done()

    def stop_blocking(self) -> None:
        """Stop the client, as `stop` does, and block also in a task."""
        self.end()
        self._client.stop()

    def end(self) -> None:
        """End `run`, which stops the client."""
        self._ended.set()

    def run(self) -> None:
        """Start the client without waiting for it; stop it on SIGINT, SIGTERM or `end`."""
        before = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                before[number] = signal.signal(number, lambda *_: self.end())
        self._begin()
        try:
            self._ended.wait()
        finally:
            self._client.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _begin(self) -> None:
        self._ended.clear()
        self._client.start()

    async def _wait(self, timeout: float) -> None:
        if timeout <= 0:
            return
        try:
            await self._client.wait_async(timeout)
        except BaseException:
            await asyncio.shield(self._client.stop_async())
            raise


class _Done:
    """An awaitable that is done."""

    def __await__(self) -> Generator[Any, Any, None]:
        return
        yield


def _in_task() -> bool:
    """Return whether the caller is a task, which can await."""
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
