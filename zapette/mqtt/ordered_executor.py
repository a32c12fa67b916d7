"""An executor that runs the jobs of one queue in order, and different queues concurrently."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.executor import ThreadExecutor

ORDER_TIMEOUT: Final = 0.5
"""Seconds after which a slow handler no longer delays the next job of its queue."""

MAX_WAITING: Final = 10_000
"""The most waiting jobs of one queue, the most queues, and the most jobs outside the queues."""


@dataclass(frozen=True, slots=True)
class Job:
    """A request to handle; it raises nothing.

    Attributes:
        run: handles it; returns an awaitable if `is_async`.
        is_async: whether it runs on the event loop instead of a thread.
    """

    run: Callable[[], Any]
    is_async: bool


@dataclass(slots=True)
class _Queue:
    jobs: deque[Job]
    started_at: float = 0.0


class OrderedExecutor:
    """Runs the jobs of each queue in order; on the event loop's thread only.

    A job starts when the previous one has ended, or has taken longer than `timeout`. A slow job
    then continues at the same time as the next ones.

    Args:
        loop: runs asynchronous jobs.
        threads: run the other jobs.
        timeout: in seconds.
    """

    def __init__(
        self, loop: LoopThread, threads: ThreadExecutor, timeout: float = ORDER_TIMEOUT
    ) -> None:
        self._loop = loop
        self._threads = threads
        self._timeout = timeout
        self._queues: dict[str, _Queue] = {}
        self._ready: deque[Job] = deque()
        self._unordered = 0
        self._is_running = False
        self._watched = False

    def put(self, caller: str, job: Job) -> bool:
        """Run `job` after the earlier ones of `caller`; return False if too many wait."""
        queue = self._queues.get(caller)
        if queue is not None:
            if len(queue.jobs) >= MAX_WAITING:
                return False
            queue.jobs.append(job)
            return True
        if len(self._queues) >= MAX_WAITING:
            return False
        queue = self._queues[caller] = _Queue(deque([job]))
        self._begin(caller, queue)
        return True

    def clear(self) -> None:
        """Forget the waiting jobs, because their event loop has ended."""
        self._queues.clear()
        self._ready.clear()
        self._unordered = 0
        self._watched = self._is_running = False

    def start(self, job: Job) -> bool:
        """Run `job` now, outside the queues; return False if too many such jobs run."""
        if self._unordered >= MAX_WAITING:
            return False
        self._unordered += 1
        if not job.is_async:
            self._threads.submit(partial(self._work_unordered, job))
            return True
        self._ready.append(job)
        if not self._is_running:
            self._run_ready()
        return True

    def _run_ready(self) -> None:
        self._is_running = True
        self._loop.spawn(self._run_unordered())

    async def _run_unordered(self) -> None:
        """Run the ready jobs; many jobs that never wait share one task."""
        self._loop.loop.call_soon(self._hand_over)
        ready = self._ready
        while ready:
            try:
                await ready.popleft().run()
            finally:
                self._unordered -= 1

    def _hand_over(self) -> None:
        """Start another task for the ready jobs if the current one waits in a job."""
        self._is_running = False
        if self._ready:
            self._run_ready()

    def _work_unordered(self, job: Job) -> None:
        try:
            job.run()
        finally:
            self._loop.post(self._end_unordered)

    def _end_unordered(self) -> None:
        self._unordered -= 1

    def _begin(self, caller: str, queue: _Queue) -> None:
        queue.started_at = time.monotonic()
        self._loop.spawn(self._run(caller, queue))
        self._watch()

    async def _run(self, caller: str, queue: _Queue) -> None:
        jobs = queue.jobs
        while jobs:
            if jobs[0].is_async:
                queue.started_at = time.monotonic()
                await jobs.popleft().run()
            else:
                await self._run_on_thread(queue)
        if self._queues.get(caller) is queue:
            del self._queues[caller]

    async def _run_on_thread(self, queue: _Queue) -> None:
        """Run the leading jobs that are not asynchronous on a thread."""
        done = self._loop.loop.create_future()

        def work() -> None:
            try:
                # popleft is atomic: `_taken` may empty the queue meanwhile
                while queue.jobs and not queue.jobs[0].is_async:
                    queue.started_at = time.monotonic()
                    queue.jobs.popleft().run()
            except IndexError:
                pass
            finally:
                self._loop.post(_finish, done)

        self._threads.submit(work)
        await done

    def _watch(self) -> None:
        if not self._watched:
            self._watched = True
            self._loop.loop.call_later(self._timeout / 2, self._look)

    def _look(self) -> None:
        """Move the jobs that wait behind a slow one to a new queue."""
        self._watched = False
        now = time.monotonic()
        for caller, queue in list(self._queues.items()):
            if queue.jobs and now - queue.started_at >= self._timeout:
                fresh = self._queues[caller] = _Queue(_taken(queue.jobs))
                self._begin(caller, fresh)
        if self._queues:
            self._watch()


def _taken(jobs: deque[Job]) -> deque[Job]:
    """Remove and return all `jobs`; a thread may remove some at the same time."""
    taken: deque[Job] = deque()
    with contextlib.suppress(IndexError):
        while True:
            taken.append(jobs.popleft())
    return taken


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
