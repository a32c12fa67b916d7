"""The order of handling: one caller's requests in theirs, and nobody held up by somebody else."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.waiting import HANG_TIMEOUT, eventually
from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.executor import ThreadExecutor
from zapette.mqtt.ordered_executor import MAX_WAITING, Job, OrderedExecutor

TIMEOUT = 600.0
"""How long a job may hold up its caller, in seconds: for ever, unless a test says otherwise."""


class Runner:
    """An executor on a loop of its own, and the jobs that have run."""

    def __init__(self, timeout: float) -> None:
        self.loop = LoopThread("test")
        self.threads = ThreadExecutor("test")
        self.executor = OrderedExecutor(self.loop, self.threads, timeout)
        self.seen: list[str] = []

    def put(self, caller: str, name: str, wait: Callable[[], object] = lambda: None) -> None:
        def run() -> None:
            wait()
            self.seen.append(name)

        self.loop.post(self.executor.put, caller, Job(run, is_async=False))

    def put_async(self, caller: str, name: str, seconds: float = 0) -> None:
        async def run() -> None:
            await asyncio.sleep(seconds)
            self.seen.append(name)

        self.loop.post(self.executor.put, caller, Job(run, is_async=True))


@pytest.fixture
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    runner = Runner(getattr(request, "param", TIMEOUT))
    runner.loop.start()
    yield runner
    runner.loop.stop()
    runner.threads.stop()


def test_one_callers_jobs_keep_their_order(runner: Runner) -> None:
    runner.put("a", "1", lambda: time.sleep(0.05))
    runner.put("a", "2")
    runner.put_async("a", "3", 0.05)
    runner.put_async("a", "4")
    runner.put("a", "5")
    runner.put_async("a", "6", 0.01)
    eventually(lambda: runner.seen == list("123456"), "all ran in their order")


def test_another_callers_job_waits_for_nobody(runner: Runner) -> None:
    hang = threading.Event()
    runner.put("a", "slow", lambda: hang.wait(TIMEOUT))
    runner.put("a", "next")
    runner.put_async("b", "slow too", TIMEOUT)
    runner.put("c", "other")
    runner.put_async("d", "another")
    eventually(lambda: sorted(runner.seen) == ["another", "other"], "the others ran")
    hang.set()
    eventually(lambda: runner.seen[2:] == ["slow", "next"], "then the first")


@pytest.mark.parametrize("runner", [0.1], indirect=True)
def test_a_slow_job_holds_up_its_own_caller_only_so_long(runner: Runner) -> None:
    hang = threading.Event()
    runner.put("a", "hangs", lambda: hang.wait(HANG_TIMEOUT))
    runner.put("a", "2")
    runner.put_async("a", "hangs too", 10)
    runner.put("a", "4")
    runner.put("a", "5")
    eventually(lambda: runner.seen == ["2", "4", "5"], "those after it ran, in their order")
    hang.set()
    eventually(lambda: runner.seen[3:] == ["hangs"], "the slow one ends as well")


def test_many_callers(runner: Runner) -> None:
    for number in range(2000):
        (runner.put if number % 2 else runner.put_async)(str(number % 10), str(number))
    eventually(lambda: len(runner.seen) == 2000, "all ran")
    for caller in range(10):
        own = [int(name) for name in runner.seen if int(name) % 10 == caller]
        assert own == sorted(own)


def test_a_flood_is_bounded(runner: Runner) -> None:
    hang = threading.Event()
    taken: list[bool] = []

    def flood() -> None:
        job = Job(lambda: hang.wait(HANG_TIMEOUT), is_async=False)
        taken.extend(runner.executor.put("a", job) for _ in range(MAX_WAITING + 10))

    runner.loop.post(flood)
    eventually(lambda: len(taken) == MAX_WAITING + 10, "the flood has come")
    assert taken.count(False) in {9, 10}
    hang.set()


def test_workers_grow_to_their_limit_and_what_is_more_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    threads = ThreadExecutor("few", 3)
    go = threading.Event()
    seen: list[int] = []

    def work(number: int) -> None:
        go.wait(HANG_TIMEOUT)
        seen.append(number)

    for number in range(5):
        threads.submit(partial(work, number))
    names = {thread.name for thread in threading.enumerate() if thread.name.startswith("few-")}
    assert names == {"few-1", "few-2", "few-3"}
    assert caplog.text.count("all 3 threads are busy") == 1
    go.set()
    eventually(lambda: sorted(seen) == [0, 1, 2, 3, 4], "all ran")
    threads.submit(lambda: 1 / 0)
    eventually(lambda: "ZeroDivisionError" in caplog.text, "a failure is logged")
    threads.submit(partial(work, 9))
    eventually(lambda: seen[-1] == 9, "and the thread goes on")
    threads.stop()
    eventually(
        lambda: not any(thread.name.startswith("few-") for thread in threading.enumerate()),
        "the threads end",
    )


def test_what_runs_in_parallel_begins_in_its_order_and_waits_for_nobody(runner: Runner) -> None:
    begun: list[int] = []
    go = asyncio.Event()

    async def run(number: int) -> None:
        begun.append(number)
        # those before it wait, some for a turn, most for the end
        if number % 3:
            await asyncio.sleep(0)
        if number < 199:
            await go.wait()
        go.set()
        runner.seen.append(str(number))

    for number in range(200):
        runner.loop.post(runner.executor.start, Job(partial(run, number), is_async=True))
    eventually(lambda: len(runner.seen) == 200, "all ran")
    assert begun == list(range(200))
    assert runner.seen[0] == "199"
    runner.loop.post(
        runner.executor.start, Job(lambda: runner.seen.append("plain"), is_async=False)
    )
    eventually(lambda: runner.seen[-1] == "plain", "on a thread as well")
