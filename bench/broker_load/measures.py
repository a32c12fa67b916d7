"""What is measured of a server with its idle clients, each as one sample.

`plan` has the options of ``bench.broker``.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import time
from argparse import Namespace
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Final

from bench.broker_load.clients import AT_ONCE, SHARED_TOPIC, Client, open_all
from bench.broker_load.driver import Driver
from bench.processes import ProcessError, running_time
from bench.results import percentile

PING_INTERVAL: Final = 20.0
"""Seconds between two pings of a held client, if it is held for at least twice as long."""

_WARM_UP: Final = 0.3
_OPEN_TIMEOUT: Final = 300.0
_ANSWER_TIMEOUT: Final = 10.0
_FAN_OUT_TIMEOUT: Final = 30.0

Sample = dict[str, float]
"""Figures by name, which ends in the unit."""


class Window:
    """Observes a server and the load from its construction to `sample`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._before = self._look()

    def _look(self) -> tuple[float, ...]:
        used = self._driver.server.process.usage()
        return time.monotonic(), *used, *running_time(os.getpid())

    def sample(self) -> tuple[Sample, float, float]:
        """Return the shares of the time, the seconds since, and the server's CPU seconds."""
        pairs = zip(self._before, self._look(), strict=True)
        seconds, cpu, waited, load, load_waited = (after - before for before, after in pairs)
        used = {"load_busy": load, "server_busy": cpu, "disturbed": max(waited, load_waited)}
        return {name: it / seconds for name, it in used.items()}, seconds, cpu


async def connections(driver: Driver, plan: Namespace) -> Sample:
    """Open connections, 64 under way at a time, each until its credentials are accepted."""
    clients = driver.new_clients(plan.connections)
    await driver.settle()
    window = Window(driver)
    # twice the time, so that a slow server opens some
    deadline = time.monotonic() + 2 * plan.seconds
    opened = await open_all(clients, at_once=AT_ONCE, deadline=deadline)
    sample, seconds, cpu = window.sample()
    for client in clients:
        client.abort()
    await driver.settle()
    if not opened:
        raise ProcessError("no connection was accepted in time")
    rates = {
        "connections_per_s": opened / seconds,
        "cpu_us_per_connection": cpu / opened * 1e6,
    }
    return rates | sample


async def begin(driver: Driver, idle: int, others: int) -> Sample:
    """Start the server with its clients; return the memory that the idle ones take."""
    process = driver.server.process
    driver.server.start()
    await driver.add_others(others)
    # use every part of the server once: what is measured later is not the start
    await calls(driver, Namespace(seconds=_WARM_UP), 1, 1)
    await driver.settle()
    before = process.memory()
    if idle:
        await driver.grow(idle, _OPEN_TIMEOUT)
    process.refresh()
    after = process.memory()
    grown = (after - before) / max(idle, 1)
    return {"server_mib": after / 2**20, "kib_per_client": grown / 2**10}


async def calls(driver: Driver, plan: Namespace, pairs: int, at_once: int) -> Sample:
    """Have `pairs` remotes call a player each, with `at_once` calls under way."""
    callers = await driver.callers(pairs)
    await driver.settle()
    for caller in callers:
        caller.calls.answered_at.clear()
    for caller in callers:
        caller.start(at_once)
    await asyncio.sleep(_WARM_UP)
    before = [len(caller.calls.answered_at) for caller in callers]
    window = Window(driver)
    await asyncio.sleep(plan.seconds)
    # a busy machine may not make a call by then, nor the two that make an interval
    least = 2 if at_once == 1 else 1
    marks = [
        (caller.calls.answered_at, start + least)
        for caller, start in zip(callers, before, strict=True)
    ]
    await until(callers, lambda: any(len(answered) >= mark for answered, mark in marks))
    after = [len(caller.calls.answered_at) for caller in callers]
    sample, seconds, cpu = window.sample()
    for caller in callers:
        caller.calls.stop()
    await until(callers, lambda: not any(caller.calls.waiting for caller in callers))
    answered = sum(after) - sum(before)
    sample |= {"calls_per_s": answered / seconds, "cpu_us_per_call": cpu / answered * 1e6}
    if at_once == 1:
        # the next call of a caller begins when the last one is answered
        waits = [
            (one - other) / 1e6
            for caller, start, stop in zip(callers, before, after, strict=True)
            for other, one in itertools.pairwise(caller.calls.answered_at[start:stop])
        ]
        sample |= {"p50_ms": percentile(waits, 50), "p99_ms": percentile(waits, 99)}
    return sample


async def until(callers: Sequence[Client], is_done: Callable[[], bool]) -> None:
    """Wait for answers; ProcessError if a caller is disconnected, or they do not come in time."""
    deadline = time.monotonic() + _ANSWER_TIMEOUT
    while not is_done():
        for caller in callers:
            if caller.ended is not None:
                raise ProcessError(f"a caller was disconnected: {caller.ended}")
        if time.monotonic() >= deadline:
            waiting = sum(caller.calls.waiting for caller in callers)
            raise ProcessError(f"{waiting} calls were never answered")
        await asyncio.sleep(0.01)


async def fan_out(driver: Driver, plan: Namespace) -> Sample:
    """Publish one message to all idle clients, several times, and wait for the last arrival."""
    publisher = await driver.publisher()
    await driver.settle()
    waits = []
    window = Window(driver)
    for _ in range(plan.fan_outs):
        began = time.perf_counter_ns()
        publisher.publish(SHARED_TOPIC, "online")
        waits.append((await driver.all_have_one(_FAN_OUT_TIMEOUT) - began) / 1e6)
    sample, _, cpu = window.sample()
    deliveries = plan.fan_outs * len(driver.idle)
    figures = {"last_arrival_ms": statistics.median(waits)}
    return figures | {"cpu_us_per_delivery": cpu / deliveries * 1e6} | sample


async def hold(driver: Driver, plan: Namespace) -> Sample:
    """Have every idle client ping for a while."""
    interval = min(PING_INTERVAL, plan.hold_seconds / 2)
    count = len(driver.idle)
    waits: list[float] = []
    window = Window(driver)
    until = time.monotonic() + plan.hold_seconds

    async def keep_on(client: Client, delay: float) -> None:
        await asyncio.sleep(delay)
        while time.monotonic() < until:
            began = time.perf_counter()
            await client.ping()
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(interval)

    pings = (keep_on(client, interval * n / count) for n, client in enumerate(driver.idle))
    await asyncio.gather(*pings)
    sample, elapsed, cpu = window.sample()
    return {
        "clients": count,
        "pings_per_s": len(waits) / elapsed,
        "ping_p50_ms": percentile(waits, 50) * 1e3,
        "ping_p99_ms": percentile(waits, 99) * 1e3,
        "cpu_us_per_ping": cpu / len(waits) * 1e6,
    } | sample


MEASURES: Final[Mapping[str, Callable[[Driver, Namespace], Coroutine[Any, Any, Sample]]]] = {
    "connections": connections,
    "calls": partial(calls, pairs=AT_ONCE, at_once=1),
    "pipelined": partial(calls, pairs=4, at_once=AT_ONCE // 4),
    "latency": partial(calls, pairs=1, at_once=1),
    "fan_out": fan_out,
    "hold": hold,
}
"""By their names on the command line, where ``memory`` and ``growth`` are further ones."""
