"""Runs a plan: the servers start together, take turns, and end together."""

from __future__ import annotations

import asyncio
import tempfile
from argparse import Namespace
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from bench.broker_load.driver import Driver
from bench.broker_load.measures import MEASURES, Sample, warm_up
from bench.broker_load.peers import SERVERS
from bench.broker_load.report import DISTURBED_LIMIT, Case, Results
from bench.processes import ProcessError
from bench.results import number, rotated

FAILURES: Final = (ProcessError, OSError, TimeoutError)
"""What a failing server can raise; the others are measured nevertheless."""

_GROWTH: Final = ("connections", "calls", "latency")
_OPEN_TIMEOUT: Final = 300.0
_SAMPLE_TIMEOUT: Final = 90.0


class Run:
    """One run of the benchmark, with the servers on `core`; `say` reports progress.

    `plan` has the options of ``bench.broker``.
    """

    def __init__(
        self, plan: Namespace, core: int, results: Results, say: Callable[[str], None]
    ) -> None:
        self._plan = plan
        self._core = core
        self._results = results
        self._say = say
        self._given_up: set[Case] = set()

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
        """Take the samples of some servers in turns."""
        with self._drivers(places) as started:
            drivers = []
            for driver in started:
                async with self._noted(driver.place._replace(measure="memory")):
                    await self._grow(driver)
                    drivers.append(driver)
            for repeat in range(repeats):
                for name in names:
                    for driver in rotated(drivers, repeat):
                        if driver.place.idle or name != "fan_out":
                            await self._take(driver, name)
            for driver in drivers:
                async with self._noted(driver.place._replace(measure="kept")):
                    await driver.check_idle()

    async def _grow(self, driver: Driver) -> None:
        """Open the idle clients of a server, and keep the memory that they take."""
        process, idle = driver.server.process, driver.place.idle
        await driver.add_others(_OPEN_TIMEOUT)
        async with asyncio.timeout(_SAMPLE_TIMEOUT):
            await warm_up(driver)
            await driver.settle()
        before = process.memory()
        await driver.grow(_OPEN_TIMEOUT)
        after = process.memory()
        self._say(f"{driver.label}: ready")
        if idle and {"memory", "hold"} & set(self._plan.only):
            sample = {
                "server_mib": after / 2**20,
                "kib_per_client": (after - before) / idle / 2**10,
            }
            self._results.samples[driver.place._replace(measure="memory")].append(sample)

    async def _take(self, driver: Driver, name: str) -> None:
        """Take one sample: the least disturbed one of some tries."""
        case = driver.place._replace(measure=name)
        if case in self._given_up:
            return
        # until it has worked
        self._given_up.add(case)
        tries: list[Sample] = []
        async with self._noted(case):
            for _ in range(1 if name == "hold" else 1 + self._plan.retakes):
                async with asyncio.timeout(_SAMPLE_TIMEOUT + self._plan.hold_seconds):
                    tries.append(await MEASURES[name](driver, self._plan))
                if tries[-1]["disturbed"] <= DISTURBED_LIMIT:
                    break
            self._given_up.remove(case)
            sample = min(tries, key=lambda one: one["disturbed"])
            self._results.samples[case].append(sample)
            figures = ", ".join(f"{name} {number(value)}" for name, value in sample.items())
            self._say(f"{driver.label}, {name}: {figures}")
        if case in self._given_up:
            driver.hang_up()

    @contextmanager
    def _drivers(self, places: Sequence[Case]) -> Iterator[list[Driver]]:
        """Start servers; stop them after the block."""
        running = []
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="broker-bench-"))
            for place_number, place in enumerate(places):
                path = Path(folder, str(place_number))
                version = 5 if self._plan.mqtt == "5" else 4
                kind = SERVERS[place.server]
                driver = Driver(kind(place.transport, path, self._core, version), place)
                stack.callback(driver.stop)
                try:
                    driver.server.start()
                    running.append(driver)
                except FAILURES as error:
                    self._failed(place, error)
            yield running

    @asynccontextmanager
    async def _noted(self, case: Case) -> AsyncIterator[None]:
        """Note a failure of the block, and go on after it."""
        try:
            yield
        except FAILURES as error:
            self._failed(case, error)

    def _failed(self, case: Case, error: Exception) -> None:
        message = f"{type(error).__name__}: {error}".removesuffix(": ")
        self._results.failures.append((case, message))
        self._say(f"{case}: {message}")
