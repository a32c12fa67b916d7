"""Runs a plan: the servers start together, take turns, and end together."""

from __future__ import annotations

import asyncio
import tempfile
from argparse import Namespace
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.broker_load.clients import Transport
from bench.broker_load.driver import Driver
from bench.broker_load.idle import IdleClients, IdleError
from bench.broker_load.measures import MEASURES, MeasureError, Sample, hold, warm_up
from bench.broker_load.peers import SERVERS
from bench.broker_load.report import DISTURBED_LIMIT, Case, Results
from bench.broker_load.servers import Server
from bench.processes import ProcessError
from bench.results import number, rotated

FAILURES: Final = (MeasureError, IdleError, ProcessError, OSError, TimeoutError)
"""What a failing server can raise; the others are measured nevertheless."""

USUAL: Final = (*MEASURES, "memory", "growth")
"""What is measured unless told otherwise."""

_GROWTH: Final = ("connections", "calls", "latency")
_OPEN_TIMEOUT: Final = 300.0
_SAMPLE_TIMEOUT: Final = 90.0


class Run:
    """One run of the benchmark, with the servers on `core`; `say` reports progress.

    `plan` has the options of the command line, and `effort` and `retakes`: how much is done for one
    sample, and further tries at one that other programs disturb.
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
            (kind, transport)
            for kind in (SERVERS[name] for name in plan.servers)
            for transport in plan.transports
            if transport in kind.transports
        ]
        if set(plan.only) - {"growth", "hold"}:
            for idle in plan.idle:
                with self._drivers(places, idle) as drivers:
                    await self._with_idle(drivers, idle)
        for place in places if "hold" in plan.only else ():
            with self._drivers([place], plan.held) as drivers:
                for driver in drivers:
                    await self._hold(driver)
        for place in places if "growth" in plan.only else ():
            with self._drivers([place] * len(plan.others), 0) as drivers:
                if len(drivers) == len(plan.others):
                    await self._growth(drivers)

    async def _with_idle(self, started: Sequence[Driver], idle: int) -> None:
        """Take the samples with one number of idle clients."""
        drivers = [driver for driver in started if await self._grown(driver, idle)]
        names = [name for name in self._plan.only if name in MEASURES]
        if not idle:
            names = [name for name in names if name != "fan_out"]
        for repeat in range(self._plan.repeats):
            for name in names:
                for driver in rotated(drivers, repeat):
                    await self._take(driver, name, _case(driver, name, idle))
        for driver in drivers if idle else ():
            async with self._noted(_case(driver, "kept", idle)):
                kept, _ = await driver.idle_process.run(IdleClients.status)
                if kept != driver.idle:
                    raise IdleError(f"only {kept} of {driver.idle} idle clients are left")

    async def _grown(self, driver: Driver, idle: int) -> bool:
        """Open the idle clients of a server, keep the memory they take; False if that failed."""
        case = _case(driver, "memory", idle)
        process = driver.server.process
        try:
            async with asyncio.timeout(_SAMPLE_TIMEOUT):
                await warm_up(driver)
                await driver.settle()
            before = process.memory()
            await driver.grow(idle, _OPEN_TIMEOUT)
            after = process.memory()
            if driver.idle != idle:
                raise IdleError(f"only {driver.idle} idle clients within {_OPEN_TIMEOUT:.0f} s")
        except FAILURES as error:
            self._failed(case, error)
            return False
        self._say(f"{driver.label}: {driver.idle} idle clients")
        if idle and {"memory", "hold"} & set(self._plan.only):
            per_client = (after - before) / idle / 2**10
            sample = {"server_mib": after / 2**20, "kib_per_client": per_client}
            self._results.samples[case].append(sample)
        return True

    async def _growth(self, drivers: Sequence[Driver]) -> None:
        """Compare servers of one kind that have more and more unrelated subscriptions."""
        levels = dict(zip(drivers, self._plan.others, strict=True))
        ready = 0
        for driver, others in levels.items():
            async with self._noted(_case(driver, "growth", 0, others)):
                await driver.add_others(others, _OPEN_TIMEOUT)
                async with asyncio.timeout(_SAMPLE_TIMEOUT):
                    await warm_up(driver)
                self._say(f"{driver.label}: {others} others")
                ready += 1
        for repeat in range(self._plan.repeats if ready == len(levels) else 0):
            for name in _GROWTH:
                for driver in rotated(drivers, repeat):
                    case = _case(driver, f"growth_{name}", 0, levels[driver])
                    await self._take(driver, name, case)

    async def _hold(self, driver: Driver) -> None:
        """Hold very many clients."""
        if await self._grown(driver, self._plan.held):
            case = _case(driver, "hold", self._plan.held)
            async with self._noted(case):
                sample = await hold(driver, self._plan.hold_seconds)
                self._results.samples[case].append(sample)
                self._say(f"{driver.label}: {sample}")

    async def _take(self, driver: Driver, name: str, case: Case) -> None:
        """Take one sample: the least disturbed one of some tries."""
        if case in self._given_up:
            return
        tries: list[Sample] = []
        effort = replace(self._plan.effort, seconds=self._plan.seconds)
        try:
            for _ in range(1 + self._plan.retakes):
                async with asyncio.timeout(_SAMPLE_TIMEOUT):
                    tries.append(await MEASURES[name](driver, effort))
                if tries[-1]["disturbed"] <= DISTURBED_LIMIT:
                    break
        except FAILURES as error:
            self._failed(case, error)
            self._given_up.add(case)
            driver.hang_up()
            return
        sample = min(tries, key=lambda one: one["disturbed"])
        self._results.samples[case].append(sample)
        figures = ", ".join(f"{name} {number(value)}" for name, value in sample.items())
        amount = f"{case.others} others" if case.others else f"{case.idle} idle"
        self._say(f"{driver.label}, {amount}, {case.measure}: {figures}")

    @contextmanager
    def _drivers(
        self, places: Sequence[tuple[type[Server], Transport]], idle: int
    ) -> Iterator[list[Driver]]:
        """Start the servers of `places`; stop them after the block."""
        running = []
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="broker-bench-"))
            for n, (kind, transport) in enumerate(places):
                path = Path(folder, f"{kind.name}-{transport}-{n}")
                version = 5 if self._plan.mqtt == "5" else 4
                driver = Driver(kind(transport, path, self._core, version))
                stack.callback(driver.stop)
                try:
                    driver.server.start()
                except FAILURES as error:
                    self._failed(_case(driver, "start", idle), error)
                else:
                    running.append(driver)
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
        self._say(f"{case.server} {case.transport}, {case.idle} idle, {case.measure}: {message}")


def _case(driver: Driver, measure: str, idle: int, others: int = 0) -> Case:
    return Case(driver.server.name, driver.server.endpoint.transport, idle, measure, others)
