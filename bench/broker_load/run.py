"""Runs a plan: the servers run together, take turns, and end together."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from bench.broker_load.load_process import LoadProcess
from bench.broker_load.measures import MEASURES, begin
from bench.broker_load.peers import SERVERS
from bench.broker_load.report import Case, Results
from bench.processes import ProcessError
from bench.results import number, progress, rotated

_GROWTH: Final = ("connections", "calls", "latency")
_BEGIN_TIMEOUT: Final = 600.0
_SAMPLE_TIMEOUT: Final = 90.0


class Run:
    """One run of the benchmark, with the servers on `core`.

    `plan` has the options of ``bench.broker``.
    """

    def __init__(self, plan: Namespace, core: int, results: Results) -> None:
        self._plan = plan
        self._core = core
        self._results = results

    def carry_out(self) -> None:
        """Take all samples."""
        plan = self._plan
        places = [
            Case(name, transport, 0, "start")
            for name in plan.servers
            for transport in plan.transports
            if transport in SERVERS[name].transports
        ]
        if set(plan.only) - {"growth", "hold"}:
            names = [name for name in plan.only if name in MEASURES and name != "hold"]
            for idle in plan.idle:
                self._stage([it._replace(idle=idle) for it in places], names, plan.repeats)
        for place in places:
            if "hold" in plan.only:
                self._stage([place._replace(idle=plan.held)], ["hold"], 1)
            if "growth" in plan.only:
                levels = [place._replace(others=it) for it in plan.others]
                self._stage(levels, _GROWTH, plan.repeats)

    def _stage(self, places: Sequence[Case], names: Sequence[str], repeats: int) -> None:
        """Run some servers, and take their samples in turns."""
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="broker-bench-"))
            loads = []
            for turn, place in enumerate(places):
                kind, own = SERVERS[place.server], Path(folder, str(turn))
                version = 5 if self._plan.mqtt == "5" else 4
                load = LoadProcess(partial(kind, place.transport, own, self._core, version))
                stack.callback(load.stop)
                with self._noted(place):
                    memory = load.run(begin, _BEGIN_TIMEOUT, place.idle, place.others)
                    loads.append((place, load))
                    if place.idle and {"memory", "hold"} & set(self._plan.only):
                        self._keep(place._replace(measure="memory"), memory)
            for repeat in range(repeats):
                for name in names:
                    for place, load in rotated(loads, repeat):
                        if place.idle or name != "fan_out":
                            self._take(place._replace(measure=name), load)

    def _take(self, case: Case, load: LoadProcess) -> None:
        """Take one sample, unless that has failed before."""
        longest = _SAMPLE_TIMEOUT + self._plan.hold_seconds
        if case not in self._results.failures:
            with self._noted(case):
                self._keep(case, load.run(MEASURES[case.measure], longest, self._plan))

    def _keep(self, case: Case, sample: dict[str, float]) -> None:
        self._results[case].append(sample)
        figures = ", ".join(f"{name} {number(value)}" for name, value in sample.items())
        where = f"{case.server} {case.transport}, {case.idle} idle, {case.others} others"
        progress(f"{where}, {case.measure}: {figures}")

    @contextmanager
    def _noted(self, case: Case) -> Iterator[None]:
        """Note a failure of a server in the block, and go on with the others after it."""
        try:
            yield
        except (ProcessError, OSError, TimeoutError) as error:
            self._results.failures[case] = f"{type(error).__name__}: {error}".removesuffix(": ")
            progress(f"{case}: {self._results.failures[case]}")
