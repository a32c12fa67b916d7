"""The timer wheel keeps nothing of who left, and is never early."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
import uvloop

from zapette_broker.timer_wheel import TimerWheel

LOOPS = [uvloop.new_event_loop, asyncio.new_event_loop]


class Member:
    due = 0

    def on_time(self, now: float) -> float | None:
        raise AssertionError(f"asked at {now}")


def test_who_leaves_leaves_nothing() -> None:
    wheel = TimerWheel()
    for number in range(1000):
        member = Member()
        wheel.add(member, float(number))
        wheel.add(member, number + 43_200.0)
        wheel.remove(member)
        assert member.due == 0
    assert not wheel._buckets


@pytest.mark.parametrize("new_loop", LOOPS)
def test_nothing_is_early(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """Whatever else wakes the loop: uvloop's clock goes in whole milliseconds."""
    wheel = TimerWheel()

    async def wait() -> list[float]:
        wheel.start()
        took = []
        noise = asyncio.ensure_future(wake())
        for _ in range(30):
            called = asyncio.Event()
            began = time.monotonic()
            wheel.call_after(0.005, called.set)
            await called.wait()
            took.append(time.monotonic() - began)
        noise.cancel()
        wheel.stop()
        return took

    async def wake() -> None:
        while True:
            await asyncio.sleep(0.0013)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert min(runner.run(wait())) >= 0.005
