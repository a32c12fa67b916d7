"""In which order jobs run: those of one lane in theirs, those of other lanes at the same time."""

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
from zapette.mqtt.executor import Workers

PATIENCE: Final = 0.5
"""How long a handler holds up the next request of the same caller, in seconds."""

MAX_WAITING: Final = 10_000
"""How many jobs of one lane may wait, how many lanes there may be, and how many jobs run beside."""


@dataclass(frozen=True, slots=True)
class Job:
    """One request to handle; it raises nothing.

    Attributes:
        run: handles it; what it returns is awaited if `is_async`.
        is_async: whether it runs on the event loop, or else on a thread.
    """

    run: Callable[[], Any]
    is_async: bool


@dataclass(slots=True)
class _Lane:
    jobs: deque[Job]
    started_at: float = 0.0


class Lanes:
    """Runs the jobs of each caller in their order; on the event loop's thread only.

    A job starts when the one before it has ended, or has taken longer than `patience`: then it
    goes on beside the others, and a handler that hangs holds up nobody for longer than that.

    Args:
        loop: where asynchronous jobs run.
        workers: the threads of the others.
        patience: in seconds.
    """

    def __init__(self, loop: LoopThread, workers: Workers, patience: float = PATIENCE) -> None:
        self._loop = loop
        self._workers = workers
        self._patience = patience
        self._lanes: dict[str, _Lane] = {}
        self._ready: deque[Job] = deque()
        self._beside = 0
        self._is_running = False
        self._watched = False

    def put(self, caller: str, job: Job) -> bool:
        """Run `job` after those of `caller` before it; return False if too many wait already."""
        lane = self._lanes.get(caller)
        if lane is not None:
            if len(lane.jobs) >= MAX_WAITING:
                return False
            lane.jobs.append(job)
            return True
        if len(self._lanes) >= MAX_WAITING:
            return False
        lane = self._lanes[caller] = _Lane(deque([job]))
        self._begin(caller, lane)
        return True

    def clear(self) -> None:
        """Forget what waits: the event loop that it waited for has ended."""
        self._lanes.clear()
        self._ready.clear()
        self._beside = 0
        self._watched = self._is_running = False

    def start(self, job: Job) -> bool:
        """Run `job` now, at the same time as all others; return False if too many run already."""
        if self._beside >= MAX_WAITING:
            return False
        self._beside += 1
        if not job.is_async:
            self._workers.submit(partial(self._work_beside, job))
            return True
        self._ready.append(job)
        if not self._is_running:
            self._run_ready()
        return True

    def _run_ready(self) -> None:
        self._is_running = True
        self._loop.spawn(self._run_beside())

    async def _run_beside(self) -> None:
        """Run what is ready: many jobs that wait for nothing cost one task."""
        self._loop.loop.call_soon(self._hand_over)
        ready = self._ready
        while ready:
            try:
                await ready.popleft().run()
            finally:
                self._beside -= 1

    def _hand_over(self) -> None:
        """Have another task run what is ready, if the one before this waits in a job by now."""
        self._is_running = False
        if self._ready:
            self._run_ready()

    def _work_beside(self, job: Job) -> None:
        try:
            job.run()
        finally:
            self._loop.post(self._end_beside)

    def _end_beside(self) -> None:
        self._beside -= 1

    def _begin(self, caller: str, lane: _Lane) -> None:
        lane.started_at = time.monotonic()
        self._loop.spawn(self._run(caller, lane))
        self._watch()

    async def _run(self, caller: str, lane: _Lane) -> None:
        jobs = lane.jobs
        while jobs:
            if jobs[0].is_async:
                lane.started_at = time.monotonic()
                await jobs.popleft().run()
            else:
                await self._run_on_thread(lane)
        if self._lanes.get(caller) is lane:
            del self._lanes[caller]

    async def _run_on_thread(self, lane: _Lane) -> None:
        """Have a thread run the jobs at the head of the lane that are not asynchronous."""
        done = self._loop.loop.create_future()

        def work() -> None:
            try:
                # popleft is atomic: whoever empties the lane meanwhile takes the rest
                while lane.jobs and not lane.jobs[0].is_async:
                    lane.started_at = time.monotonic()
                    lane.jobs.popleft().run()
            except IndexError:
                pass
            finally:
                self._loop.post(_finish, done)

        self._workers.submit(work)
        await done

    def _watch(self) -> None:
        if not self._watched:
            self._watched = True
            self._loop.loop.call_later(self._patience / 2, self._look)

    def _look(self) -> None:
        """Let those go on who wait behind a slow job."""
        self._watched = False
        now = time.monotonic()
        for caller, lane in list(self._lanes.items()):
            if lane.jobs and now - lane.started_at >= self._patience:
                fresh = self._lanes[caller] = _Lane(_taken(lane.jobs))
                self._begin(caller, fresh)
        if self._lanes:
            self._watch()


def _taken(jobs: deque[Job]) -> deque[Job]:
    """Empty `jobs`, from which a thread may take too, and return what was there."""
    taken: deque[Job] = deque()
    with contextlib.suppress(IndexError):
        while True:
            taken.append(jobs.popleft())
    return taken


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
