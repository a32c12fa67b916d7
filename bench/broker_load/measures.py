"""What is measured of a server with its idle clients, each as one sample."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from bench.broker_load.clients import SHARED_TOPIC, Client, open_all
from bench.broker_load.driver import Driver
from bench.broker_load.idle import AT_ONCE, IdleClients
from bench.processes import running_time
from bench.results import percentile

PING_INTERVAL: Final = 20.0
"""Seconds between two pings of a held client, if it is held for at least twice as long."""

_WARM_UP: Final = 0.3
_DRAIN: Final = 10.0
_TURNS: Final = 20
_FAN_OUT_TIMEOUT: Final = 30.0

Sample = dict[str, float]
"""Figures by name, which ends in the unit."""


class MeasureError(Exception):
    """A measurement failed: a call, a message or a client was lost."""


class Window:
    """Observes a server and the load from its construction to `sample`.

    `load_cpu` are the CPU seconds so far of other processes that belong to the load.
    """

    def __init__(self, driver: Driver, load_cpu: float = 0.0) -> None:
        self._process = driver.server.process
        self._usage = self._process.usage()
        self._load = time.process_time() + load_cpu
        self._load_waited = running_time(os.getpid())[1]

    def sample(self, load_cpu: float = 0.0) -> tuple[Sample, float, float]:
        """Return the shares of the time, the seconds since, and the server's CPU seconds."""
        usage = self._process.usage()
        seconds = usage.at - self._usage.at
        cpu = usage.cpu - self._usage.cpu
        load = time.process_time() + load_cpu - self._load
        load_waited = running_time(os.getpid())[1] - self._load_waited
        waited = max(usage.waited - self._usage.waited, load_waited)
        used = {"load_busy": load, "server_busy": cpu, "disturbed": waited}
        return {name: it / seconds for name, it in used.items()}, seconds, cpu


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done for one sample; `fan_outs` are messages published to all idle clients."""

    seconds: float = 1.5
    connections: int = 2000
    fan_outs: int = 5


async def connections(driver: Driver, effort: Effort) -> Sample:
    """Open connections, 64 under way at a time, each until its credentials are accepted."""
    clients = driver.new_clients(effort.connections)
    await driver.settle()
    with _no_collection():
        window = Window(driver)
        # twice the time, so that a slow server opens some
        deadline = time.monotonic() + 2 * effort.seconds
        opened = await open_all(clients, at_once=AT_ONCE, deadline=deadline)
        sample, seconds, cpu = window.sample()
    for client in clients:
        client.abort()
    await driver.settle()
    if not opened:
        raise MeasureError("no connection was accepted in time")
    rates = {
        "connections_per_s": opened / seconds,
        "cpu_us_per_connection": cpu / opened * 1e6,
    }
    return rates | sample


async def warm_up(driver: Driver) -> None:
    """Use every part of the server once, so that what is measured later is not the start."""
    await calls(driver, Effort(_WARM_UP), 1, 1)


async def calls(driver: Driver, effort: Effort, pairs: int, at_once: int) -> Sample:
    """Have `pairs` remotes call a player each, with `at_once` calls under way."""
    callers = await driver.callers(pairs)
    await driver.settle()
    for caller in callers:
        caller.calls.answered_at.clear()
    with _no_collection():
        for caller in callers:
            caller.start(at_once)
        await asyncio.sleep(_WARM_UP)
        before = [len(caller.calls.answered_at) for caller in callers]
        window = Window(driver)
        after = before
        # a busy machine may not make a call in the first turn, nor the two that make an interval
        least = 2 if at_once == 1 else 1
        for _ in range(_TURNS):
            await asyncio.sleep(effort.seconds)
            after = [len(caller.calls.answered_at) for caller in callers]
            if any(now - then >= least for now, then in zip(after, before, strict=True)):
                break
        sample, seconds, cpu = window.sample()
        for caller in callers:
            caller.calls.stop()
    await _drain(callers)
    answered = sum(after) - sum(before)
    if not answered:
        raise MeasureError("no call was answered in time")
    rates = {"calls_per_s": answered / seconds, "cpu_us_per_call": cpu / answered * 1e6}
    if at_once == 1:
        # the next call of a caller begins when the last one is answered
        waits = [
            (one - other) / 1e6
            for caller, start, stop in zip(callers, before, after, strict=True)
            for other, one in itertools.pairwise(caller.calls.answered_at[start:stop])
        ]
        if waits:
            rates |= {"p50_ms": percentile(waits, 50), "p99_ms": percentile(waits, 99)}
    return rates | sample


async def _drain(callers: list[Client]) -> None:
    deadline = time.monotonic() + _DRAIN
    while waiting := sum(caller.calls.waiting for caller in callers):
        if not all(caller.is_connected for caller in callers):
            raise MeasureError("a caller was disconnected")
        if time.monotonic() > deadline:
            raise MeasureError(f"{waiting} calls were never answered")
        await asyncio.sleep(0.01)


async def fan_out(driver: Driver, effort: Effort) -> Sample:
    """Publish one message to all idle clients, several times, and wait for the last arrival."""
    if not driver.idle:
        raise MeasureError("there are no idle clients to send to")
    publisher, idle = await driver.publisher(), driver.idle_process
    await driver.settle()
    waits = []
    _, load_cpu = await idle.run(IdleClients.status)
    window = Window(driver, load_cpu)
    for _ in range(effort.fan_outs):
        await idle.run(IdleClients.listen)
        began = time.perf_counter_ns()
        publisher.publish(SHARED_TOPIC, "online")
        received, last = await idle.run(IdleClients.received, driver.idle, _FAN_OUT_TIMEOUT)
        if received != driver.idle:
            raise MeasureError(f"{received} of {driver.idle} clients got the message")
        waits.append((last - began) / 1e6)
    _, load_cpu = await idle.run(IdleClients.status)
    sample, seconds, cpu = window.sample(load_cpu)
    # only the time until the last arrival counts, not what asking the other process took
    share = seconds / (sum(waits) / 1e3)
    return {
        "last_arrival_ms": statistics.median(waits),
        "cpu_us_per_delivery": cpu / effort.fan_outs / driver.idle * 1e6,
        "load_busy": sample["load_busy"] * share,
        "server_busy": sample["server_busy"] * share,
        "disturbed": sample["disturbed"],
    }


async def hold(driver: Driver, seconds: float) -> Sample:
    """Have every idle client ping for `seconds`, and count the clients that are left."""
    idle = driver.idle_process
    connected, load_cpu = await idle.run(IdleClients.status)
    window = Window(driver, load_cpu)
    waits = await idle.run(IdleClients.ping, min(PING_INTERVAL, seconds / 2), seconds)
    kept, load_cpu = await idle.run(IdleClients.status)
    sample, elapsed, cpu = window.sample(load_cpu)
    if kept != connected:
        raise MeasureError(f"only {kept} of {connected} clients are left")
    return {
        "clients": kept,
        "pings_per_s": len(waits) / elapsed,
        "ping_p50_ms": percentile(waits, 50) * 1e3,
        "ping_p99_ms": percentile(waits, 99) * 1e3,
        "cpu_us_per_ping": cpu / len(waits) * 1e6,
    } | sample


MEASURES: Final[Mapping[str, Callable[[Driver, Effort], Awaitable[Sample]]]] = {
    "connections": connections,
    "calls": partial(calls, pairs=AT_ONCE, at_once=1),
    "pipelined": partial(calls, pairs=4, at_once=AT_ONCE // 4),
    "latency": partial(calls, pairs=1, at_once=1),
    "fan_out": fan_out,
}
"""By their names on the command line."""


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the load's own garbage collection out of what is measured."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
