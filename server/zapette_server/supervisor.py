"""Supervision of the long-lived threads and tasks of a process.

`zapette_cli.processes.manager` starts processes again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 30.0
STEADY: Final = 60.0
"""Seconds after which running work counts as stable and the delay is reset."""


@dataclass(slots=True)
class Work:
    """One thread or task: whether it runs, and how often it was restarted."""

    running: bool = False
    restarts: int = 0


class Supervisor:
    """Starts work, logs an unexpected end with its cause, and restarts it after a growing delay.

    Work may end only after `stop`; its owner tells it to end.

    Args:
        log: the log for unexpected ends.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._stopping = threading.Event()
        self._works: dict[str, Work] = {}
        self._threads: list[threading.Thread] = []
        self._tasks: list[asyncio.Task[None]] = []

    def thread(self, name: str, run: Callable[[], object]) -> None:
        """Run `run` on a daemon thread of its own."""
        work = self._works[name] = Work()
        thread = threading.Thread(
            target=self._keep_thread, args=(name, work, run), name=name, daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def task(self, name: str, run: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Run the coroutines of `run` as a task of the running loop."""
        work = self._works[name] = Work()
        self._tasks.append(asyncio.ensure_future(self._keep_task(name, work, run)))

    def stop(self, timeout: float = 0.0) -> bool:
        """Stop restarting, cancel the tasks, and wait up to `timeout` seconds for the threads.

        Return whether all threads have ended. Call it before you tell the work to end, which would
        otherwise be logged, and again to wait.
        """
        self._stopping.set()
        for task in self._tasks:
            task.cancel()
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def works(self) -> dict[str, Work]:
        """The work by name."""
        return dict(self._works)

    @property
    def down(self) -> list[str]:
        """The names of the work that is not running."""
        return sorted(name for name, work in self._works.items() if not work.running)

    @property
    def problem(self) -> str | None:
        """A message about the work that is not running; None if all of it runs."""
        return f"{', '.join(self.down)}: ended, will be started again" if self.down else None

    @property
    def restarts(self) -> int:
        """The number of restarts."""
        return sum(work.restarts for work in self._works.values())

    def _keep_thread(self, name: str, work: Work, run: Callable[[], object]) -> None:
        delay = FIRST_DELAY
        while not self._stopping.is_set():
            began = time.monotonic()
            work.running = True
            try:
                run()
                cause: BaseException | None = None
            except BaseException as error:  # noqa: BLE001 - SystemExit ends a thread too
                cause = error
            delay = self._ended(name, work, cause, began, delay)
            self._stopping.wait(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _keep_task(
        self, name: str, work: Work, run: Callable[[], Coroutine[Any, Any, object]]
    ) -> None:
        delay = FIRST_DELAY
        while not self._stopping.is_set():
            began = time.monotonic()
            work.running = True
            try:
                await run()
                cause: BaseException | None = None
            except asyncio.CancelledError:
                if self._stopping.is_set():
                    raise
                cause = None
            except Exception as error:  # noqa: BLE001 - it is logged in `_ended`
                cause = error
            delay = self._ended(name, work, cause, began, delay)
            if not self._stopping.is_set():
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST_DELAY)

    def _ended(
        self, name: str, work: Work, cause: BaseException | None, began: float, delay: float
    ) -> float:
        """Record an end, and return the delay before the next start."""
        work.running = False
        if self._stopping.is_set():
            return delay
        work.restarts += 1
        if time.monotonic() - began > STEADY:
            delay = FIRST_DELAY
        self._log.error(
            "%s ended unexpectedly; starting it again in %g s", name, delay, exc_info=cause
        )
        return delay
