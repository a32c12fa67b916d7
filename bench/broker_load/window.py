"""A span of time, with what the server and the load used in it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

from bench.broker_load.process import Process, Usage, running_time


@dataclass(slots=True)
class Sample:
    """One measurement.

    Attributes:
        values: figures by name; the name ends in the unit.
        load_busy: share of the time in which the load used its core, 0 to 1.
        server_busy: the same of the server.
        disturbed: share of the time in which other programs had the server's or the load's core
            while these could have run, whichever is more.
    """

    values: dict[str, float]
    load_busy: float
    server_busy: float
    disturbed: float


@dataclass(slots=True)
class Window:
    """Watches from its making on; `sample` tells what has been since.

    Attributes:
        process: the server.
        load_cpu: CPU seconds of other processes that belong to the load, at the start.
    """

    process: Process
    load_cpu: float = 0.0
    _usage: Usage = field(init=False)
    _load: float = field(init=False)
    _load_waited: float = field(init=False)

    def __post_init__(self) -> None:
        self._usage = self.process.usage()
        self._load = time.process_time()
        self._load_waited = running_time(os.getpid())[1]

    def sample(self, load_cpu: float = 0.0) -> tuple[Sample, float, float]:
        """Return a sample without figures, the seconds since, and the server's CPU seconds.

        Args:
            load_cpu: CPU seconds of other processes that belong to the load, now.
        """
        usage = self.process.usage()
        seconds = usage.at - self._usage.at
        cpu = usage.cpu - self._usage.cpu
        load = time.process_time() - self._load + load_cpu - self.load_cpu
        waited = max(
            usage.waited - self._usage.waited, running_time(os.getpid())[1] - self._load_waited
        )
        sample = Sample(
            {},
            load_busy=load / seconds,
            server_busy=cpu / seconds,
            disturbed=waited / seconds,
        )
        return sample, seconds, cpu
