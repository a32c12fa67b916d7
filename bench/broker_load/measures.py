"""What is measured of a server with its idle clients, each as one sample."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bench.broker_load.crowd import Heard, Listen, Status
from bench.broker_load.dialect import Caller
from bench.broker_load.names import EVERYBODY
from bench.broker_load.people import open_all
from bench.broker_load.subject import Subject
from bench.broker_load.window import Sample, Window

AT_ONCE: Final = 64

_PIPELINES: Final = 4
_WARM_UP: Final = 0.3
_DRAIN: Final = 10.0
_TURNS: Final = 20
_FAN_OUT_PATIENCE: Final = 30.0


class MeasureError(Exception):
    """What was to be measured did not work: a call or a message was lost."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done for one sample.

    Attributes:
        seconds: how long calls are made.
        connections: how many connections are opened at most.
        fan_outs: how often a message is published to everybody.
    """

    seconds: float = 1.5
    connections: int = 2000
    fan_outs: int = 5


async def connections(subject: Subject, effort: Effort) -> Sample:
    """Open connections, 64 under way at a time, each until its credentials are accepted."""
    visitors = subject.visitors(effort.connections)
    await subject.settle()
    with _no_collection():
        window = Window(subject.server.process)
        # Twice the time, so that a slow server opens some.
        deadline = time.monotonic() + 2 * effort.seconds
        opened = await open_all(visitors, subject.server.port, at_once=AT_ONCE, deadline=deadline)
        sample, seconds, cpu = window.sample()
    for visitor in visitors:
        visitor.abort()
    await subject.settle()
    if not opened:
        raise MeasureError("no connection was accepted in time")
    sample.values["connections_per_s"] = opened / seconds
    sample.values["cpu_us_per_connection"] = cpu / opened * 1e6
    return sample


async def calls(subject: Subject, effort: Effort) -> Sample:
    """Have 64 remotes call 64 players, each with one call under way."""
    return await _calls(subject, AT_ONCE, 1, effort.seconds)


async def pipelined(subject: Subject, effort: Effort) -> Sample:
    """Have 4 remotes call 4 players, each with 16 calls under way."""
    return await _calls(subject, _PIPELINES, AT_ONCE // _PIPELINES, effort.seconds)


async def latency(subject: Subject, effort: Effort) -> Sample:
    """Have one remote call one player, one call at a time."""
    return await _calls(subject, 1, 1, effort.seconds)


async def warm_up(subject: Subject) -> None:
    """Have every part of the server used once, so that what is measured later is not the start."""
    await _calls(subject, 1, 1, _WARM_UP)


async def _calls(subject: Subject, pairs: int, at_once: int, seconds: float) -> Sample:
    callers = [caller for caller, _ in await subject.pairs(pairs)]
    await subject.settle()
    for caller in callers:
        caller.calls.answered_at.clear()
    with _no_collection():
        for caller in callers:
            caller.start(at_once)
        await asyncio.sleep(_WARM_UP)
        before = [len(caller.calls.answered_at) for caller in callers]
        window = Window(subject.server.process)
        after = before
        # A machine that is busy with something else may not come to it in the first turn.
        for _ in range(_TURNS):
            await asyncio.sleep(seconds)
            after = [len(caller.calls.answered_at) for caller in callers]
            if after != before:
                break
        sample, seconds, cpu = window.sample()
        for caller in callers:
            caller.calls.stop()
    await _drain(callers)
    answered = sum(after) - sum(before)
    if not answered:
        raise MeasureError("no call was answered in time")
    sample.values["calls_per_s"] = answered / seconds
    sample.values["cpu_us_per_call"] = cpu / answered * 1e6
    if at_once == 1:
        # the next call of a caller begins when the last was answered
        waits = [
            (one - other) / 1e6
            for caller, start, stop in zip(callers, before, after, strict=True)
            for other, one in itertools.pairwise(caller.calls.answered_at[start:stop])
        ]
        if waits:
            sample.values["p50_ms"] = percentile(waits, 50)
            sample.values["p99_ms"] = percentile(waits, 99)
    return sample


async def _drain(callers: list[Caller]) -> None:
    deadline = time.monotonic() + _DRAIN
    while waiting := sum(caller.calls.waiting for caller in callers):
        if not all(caller.is_connected for caller in callers):
            raise MeasureError("a caller was disconnected")
        if time.monotonic() > deadline:
            raise MeasureError(f"{waiting} calls were never answered")
        await asyncio.sleep(0.01)


async def fan_out(subject: Subject, effort: Effort) -> Sample:
    """Publish one message to all idle clients, several times, and wait for the last arrival."""
    if not subject.idle:
        raise MeasureError("there is nobody to send to")
    publisher = await subject.publisher()
    await subject.settle()
    waits = []
    _, load_cpu = await subject.crowd.ask(Status())
    window = Window(subject.server.process, load_cpu)
    for _ in range(effort.fan_outs):
        await subject.crowd.ask(Listen())
        began = time.perf_counter_ns()
        publisher.publish(EVERYBODY, "online")
        heard, last = await subject.crowd.ask(Heard(subject.idle, _FAN_OUT_PATIENCE))
        if heard != subject.idle:
            raise MeasureError(f"{heard} of {subject.idle} clients got the message")
        waits.append((last - began) / 1e6)
    _, load_cpu = await subject.crowd.ask(Status())
    sample, seconds, cpu = window.sample(load_cpu)
    # Only the time until the last arrival counts, not what the questions to the crowd took.
    share = seconds / (sum(waits) / 1e3)
    sample.load_busy *= share
    sample.server_busy *= share
    sample.values["last_arrival_ms"] = statistics.median(waits)
    sample.values["cpu_us_per_delivery"] = cpu / effort.fan_outs / subject.idle * 1e6
    return sample


Measure = Callable[[Subject, Effort], Awaitable[Sample]]

MEASURES: Final[Mapping[str, Measure]] = {
    "connections": connections,
    "calls": calls,
    "pipelined": pipelined,
    "latency": latency,
    "fan_out": fan_out,
}
"""By the names of the command line."""


def percentile(values: list[float], percent: int) -> float:
    """Return the value that `percent` of 100 of at least one value do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the load's own garbage collection out of what is measured."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
