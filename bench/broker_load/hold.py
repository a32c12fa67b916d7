"""Very many clients held at once: their pings are answered, and nobody is lost."""

from __future__ import annotations

from typing import Final

from bench.broker_load.crowd import Ping, Status
from bench.broker_load.measures import MeasureError, percentile
from bench.broker_load.subject import Subject
from bench.broker_load.window import Sample, Window

INTERVAL: Final = 20.0
"""Seconds between two pings of one client, if it is held for longer than twice as long."""


async def hold(subject: Subject, seconds: float) -> Sample:
    """Have every idle client ping for `seconds`, and count those that are left.

    Raises:
        CrowdError: a ping was not answered.
        MeasureError: a client was lost.
    """
    connected, load_cpu = await subject.crowd.ask(Status())
    window = Window(subject.server.process, load_cpu)
    waits = [
        wait * 1e3 for wait in await subject.crowd.ask(Ping(min(INTERVAL, seconds / 2), seconds))
    ]
    kept, load_cpu = await subject.crowd.ask(Status())
    sample, elapsed, cpu = window.sample(load_cpu)
    if kept != connected:
        raise MeasureError(f"only {kept} of {connected} clients are left")
    sample.values |= {
        "clients": kept,
        "pings_per_s": len(waits) / elapsed,
        "ping_p50_ms": percentile(waits, 50),
        "ping_p99_ms": percentile(waits, 99),
        "cpu_us_per_ping": cpu / len(waits) * 1e6,
    }
    return sample
