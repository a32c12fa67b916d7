"""Starts and stops a client: in a thread or a task, or until a signal."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Generator
from typing import Any

from zapette.client.client import Client
from zapette.client.interruption import Interruption


class Runner:
    """Starts and stops a client.

    In a task, `start` and `stop` return what the caller awaits; elsewhere they block.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._running: Interruption | None = None

    def start(self, timeout: float) -> Awaitable[None]:
        """Start the client and wait until it is live, at most `timeout` seconds.

        Raises:
            Unavailable: it is not live in time; it is stopped.
        """
        if _in_task():
            self._client.start()
            return self._wait(timeout)
        self.start_blocking(timeout)
        return _Done()

    def start_blocking(self, timeout: float) -> None:
        """Start the client, as `start` does, and block also in a task."""
        self._client.start()
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
        running = self._running
        if running is not None:
            running.set()

    def run(self) -> None:
        """Start the client without waiting for it; stop it on SIGINT, SIGTERM or `end`."""
        self._running = running = Interruption()
        if threading.current_thread() is threading.main_thread():
            running.handle(signal.SIGINT, signal.SIGTERM)
        try:
            self._client.start()
            running.wait()
        finally:
            self._running = None
            self._client.stop()
            running.close()

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
