"""Runs a plan: the servers run together, take turns, and end together."""

from __future__ import annotations

import asyncio
import tempfile
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from bench.broker_load.driver import Driver
from bench.broker_load.measures import MEASURES, warm_up
from bench.broker_load.peers import SERVERS
from bench.broker_load.report import Case, Results
from bench.processes import ProcessError
from bench.results import number, progress, rotated

_GROWTH: Final = ("connections", "calls", "latency")
_OPEN_TIMEOUT: Final = 300.0
_SAMPLE_TIMEOUT: Final = 90.0


class Run:
    """One run of the benchmark, with the servers on `core`.

    `plan` has the options of ``bench.broker``.
    """

    def __init__(self, plan: Namespace, core: int, results: Results) -> None:
        self._plan = plan
        self._core = core
        self._results = results

    async def carry_out(self) -> None:
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
                await self._stage([it._replace(idle=idle) for it in places], names, plan.repeats)
        for place in places:
            if "hold" in plan.only:
                await self._stage([place._replace(idle=plan.held)], ["hold"], 1)
            if "growth" in plan.only:
                levels = [place._replace(others=it) for it in plan.others]
                await self._stage(levels, _GROWTH, plan.repeats)

    async def _stage(self, places: Sequence[Case], names: Sequence[str], repeats: int) -> None:
        """Run some servers, and take their samples in turns."""
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="broker-bench-"))
            drivers = []
            for turn, place in enumerate(places):
                kind, version = SERVERS[place.server], 5 if self._plan.mqtt == "5" else 4
                server = kind(place.transport, Path(folder, str(turn)), self._core, version)
                driver = Driver(server, place)
                stack.callback(driver.stop)
                async with self._noted(place):
                    server.start()
                    await self._grow(driver)
                    drivers.append(driver)
            for repeat in range(repeats):
                for name in names:
                    for driver in rotated(drivers, repeat):
                        if driver.place.idle or name != "fan_out":
                            await self._take(driver, name)

    async def _grow(self, driver: Driver) -> None:
        """Open the idle clients of a server, and keep the memory that they take."""
        process, idle = driver.server.process, driver.place.idle
        await driver.add_others(_OPEN_TIMEOUT)
        async with asyncio.timeout(_SAMPLE_TIMEOUT):
            await warm_up(driver)
            await driver.settle()
        before = process.memory()
        await driver.grow(_OPEN_TIMEOUT)
        if idle and {"memory", "hold"} & set(self._plan.only):
            after = process.memory()
            grown = (after - before) / idle / 2**10
            self._keep(driver, "memory", {"server_mib": after / 2**20, "kib_per_client": grown})

    async def _take(self, driver: Driver, name: str) -> None:
        """Take one sample, unless that has failed before."""
        case = driver.place._replace(measure=name)
        if case in self._results.failures:
            return
        async with self._noted(case), asyncio.timeout(_SAMPLE_TIMEOUT + self._plan.hold_seconds):
            self._keep(driver, name, await MEASURES[name](driver, self._plan))
        if case in self._results.failures:
            driver.hang_up()

    def _keep(self, driver: Driver, name: str, sample: dict[str, float]) -> None:
        self._results[driver.place._replace(measure=name)].append(sample)
        figures = ", ".join(f"{name} {number(value)}" for name, value in sample.items())
        progress(f"{driver.label}, {name}: {figures}")

    @asynccontextmanager
    async def _noted(self, case: Case) -> AsyncIterator[None]:
        """Note a failure of a server in the block, and go on with the others after it."""
        try:
            yield
        except (ProcessError, OSError, TimeoutError) as error:
            self._results.failures[case] = f"{type(error).__name__}: {error}".removesuffix(": ")
            progress(f"{case}: {self._results.failures[case]}")
