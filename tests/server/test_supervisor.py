"""Long-lived work is started again whatever ends it, and its end is logged once."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable

import pytest

from tests.waiting import eventually
from zapette_server import supervisor
from zapette_server.supervisor import Supervisor

LOG = logging.getLogger("test.supervisor")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(supervisor, "LONGEST_DELAY", 0.05)


def fails() -> None:
    raise ValueError("a bug")


@pytest.mark.parametrize("end", [fails, sys.exit, lambda: None], ids=["error", "exit", "return"])
def test_a_thread_that_ends_is_started_again(
    end: Callable[[], object], caplog: pytest.LogCaptureFixture
) -> None:
    owner = Supervisor(LOG)
    stopped = threading.Event()
    starts: list[int] = []

    def run() -> None:
        starts.append(1)
        if len(starts) < 4:
            end()
            return
        stopped.wait()

    owner.thread("work", run)
    eventually(lambda: len(starts) == 4, "it runs again")
    assert owner.works["work"].restarts == owner.restarts == 3
    assert owner.down == []

    def said() -> list[str]:
        return [it.message.split(";")[0] for it in caplog.records if it.name == LOG.name]

    assert said() == ["work ended unexpectedly"] * 3
    stopped.set()
    assert owner.stop(10)
    assert owner.down == ["work"]
    assert len(said()) == 3, "an end in order is no news"


def test_a_task_that_ends_is_started_again() -> None:
    async def main() -> tuple[int, list[str]]:
        owner = Supervisor(LOG)
        starts: list[int] = []
        running = asyncio.Event()

        async def run() -> None:
            starts.append(1)
            if len(starts) < 3:
                fails()
            running.set()
            await asyncio.Event().wait()

        owner.task("work", run)
        await asyncio.wait_for(running.wait(), 10)
        down = owner.down
        owner.stop()
        return owner.restarts, down

    assert asyncio.run(main()) == (2, [])


def test_what_waits_to_be_started_again_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_DELAY", 600.0)
    owner = Supervisor(LOG)
    owner.thread("work", fails)
    eventually(lambda: owner.down == ["work"], "it is told")
    assert owner.stop(10), "a stop does not wait for the delay"
