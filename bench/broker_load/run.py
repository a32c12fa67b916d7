"""Carries out a plan: servers side by side, their turns rotated, everything ended after."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

from bench.broker_load import growth
from bench.broker_load.crowd import CrowdError
from bench.broker_load.hold import hold
from bench.broker_load.measures import MEASURES, MeasureError, warm_up
from bench.broker_load.mqtt import Transport
from bench.broker_load.plan import Plan
from bench.broker_load.process import ProcessError
from bench.broker_load.results import DISTURBED_LIMIT, Case, Failure, Results
from bench.broker_load.servers.server import Server
from bench.broker_load.subject import Subject
from bench.broker_load.window import Sample

T = TypeVar("T")

Place = tuple[type[Server], Transport]
"""A kind of server and what it is reached by."""

FAILURES: Final = (MeasureError, CrowdError, ProcessError, OSError, TimeoutError)
"""What a server that does not do its work can raise; the others are measured all the same."""

_PATIENCE: Final = 90.0
"""Seconds that one sample may take, with the opening of the clients for it."""


class Run:
    """One run of the benchmark.

    Args:
        plan: what is measured.
        results: where it is kept.
        say: is told what happens.
    """

    def __init__(self, plan: Plan, results: Results, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._results = results
        self._say = say
        self._given_up: set[Case] = set()

    async def carry_out(self) -> None:
        """Take all samples."""
        plan = self._plan
        with tempfile.TemporaryDirectory(prefix="broker-bench-") as name:
            if set(plan.measures) - {"growth", "hold"}:
                for idle in plan.idle:
                    async with self._subjects(Path(name, f"idle-{idle}"), idle) as subjects:
                        await self._level(subjects, idle)
            if "hold" in plan.measures:
                await self._hold(Path(name, "hold"))
            if "growth" in plan.measures:
                await self._growth(Path(name, "growth"))

    async def _level(self, started: Sequence[Subject], idle: int) -> None:
        """Take the samples with one number of idle clients."""
        subjects = [subject for subject in started if await self._grown(subject, idle)]
        names = [name for name in self._plan.measures if name in MEASURES]
        if not idle:
            names = [name for name in names if name != "fan_out"]
        for repeat in range(self._plan.repeats):
            for name in names:
                for subject in rotated(subjects, repeat):
                    await self._take(subject, name, _case(subject, name, idle))
        for subject in subjects:
            try:
                kept = await subject.kept()
                if kept != subject.idle:
                    raise CrowdError(f"only {kept} of {subject.idle} idle clients are left")
            except FAILURES as error:
                self._failed(_case(subject, "kept", idle), error)

    async def _grown(self, subject: Subject, idle: int) -> bool:
        """Give a subject its idle clients, keep the memory they take, and tell if it has them."""
        case = _case(subject, "memory", idle)
        process = subject.server.process
        try:
            async with asyncio.timeout(_PATIENCE):
                await warm_up(subject)
                await subject.settle()
            before = process.memory()
            await subject.grow(idle, self._plan.patience)
            after = process.memory()
            if subject.idle != idle:
                raise CrowdError(
                    f"only {subject.idle} idle clients within {self._plan.patience:.0f} s"
                )
        except FAILURES as error:
            self._failed(case, error)
            return False
        self._say(f"{subject.label}: {subject.idle} idle clients")
        if idle and {"memory", "hold"} & set(self._plan.measures):
            values = {
                "server_mib": after / 2**20,
                "kib_per_client": (after - before) / idle / 2**10,
            }
            self._results.add(case, Sample(values, 0.0, 0.0, 0.0))
        return True

    async def _growth(self, folder: Path) -> None:
        """Compare servers of one kind that have more and more which has nothing to do with them."""
        levels = self._plan.others
        for place in self._places():
            async with self._subjects(folder, 0, [place] * len(levels)) as subjects:
                if len(subjects) == len(levels):
                    await self._compared(dict(zip(subjects, levels, strict=True)))

    async def _compared(self, levels: Mapping[Subject, int]) -> None:
        with ExitStack() as stack:
            for subject, others in levels.items():
                crowd = growth.Others(subject)
                stack.callback(crowd.close)
                try:
                    await crowd.grow(others, self._plan.patience)
                    async with asyncio.timeout(_PATIENCE):
                        await warm_up(subject)
                except FAILURES as error:
                    self._failed(_case(subject, "growth", 0, others), error)
                    return
                self._say(f"{subject.label}: {others} others")
            for repeat in range(self._plan.repeats):
                for name in growth.MEASURES:
                    for subject in rotated(list(levels), repeat):
                        case = _case(subject, f"growth_{name}", 0, levels[subject])
                        await self._take(subject, name, case)

    async def _hold(self, folder: Path) -> None:
        """Hold very many clients, on one server after the other."""
        for place in self._places():
            async with self._subjects(folder, self._plan.held, [place]) as subjects:
                for subject in subjects:
                    await self._held(subject)

    async def _held(self, subject: Subject) -> None:
        held = self._plan.held
        if not await self._grown(subject, held):
            return
        case = _case(subject, "hold", held)
        try:
            sample = await hold(subject, self._plan.hold_seconds)
        except FAILURES as error:
            self._failed(case, error)
            return
        self._results.add(case, sample)
        self._say(f"{subject.label}: {_shown(sample)}")

    async def _take(self, subject: Subject, name: str, case: Case) -> None:
        """Take one sample: the least disturbed one of some tries."""
        if case in self._given_up:
            return
        sample: Sample | None = None
        for _ in range(1 + self._plan.retakes):
            try:
                async with asyncio.timeout(_PATIENCE):
                    latest = await MEASURES[name](subject, self._plan.effort)
            except FAILURES as error:
                self._failed(case, error)
                self._given_up.add(case)
                subject.hang_up()
                return
            if sample is None or latest.disturbed < sample.disturbed:
                sample = latest
            if sample.disturbed <= DISTURBED_LIMIT:
                break
        if sample is None:
            return
        self._results.add(case, sample)
        amount = f"{case.others} others" if case.others else f"{case.idle} idle"
        self._say(f"{subject.label}, {amount}, {case.measure}: {_shown(sample)}")

    def _places(self) -> list[Place]:
        """Return each kind of server with each transport that it has."""
        return [
            (kind, transport)
            for kind in self._plan.servers
            for transport in self._plan.transports
            if transport in kind.transports
        ]

    @asynccontextmanager
    async def _subjects(
        self, folder: Path, idle: int, places: Sequence[Place] | None = None
    ) -> AsyncIterator[list[Subject]]:
        """Start the servers of `places`, or one of each kind and transport; end them all."""
        plan = self._plan
        subjects = [
            Subject(kind(way, folder / f"{kind.name}-{way}-{n}", plan.core, plan.mqtt_version))
            for n, (kind, way) in enumerate(self._places() if places is None else places)
        ]
        running = []
        try:
            for subject in subjects:
                try:
                    await subject.start()
                    running.append(subject)
                except FAILURES as error:
                    self._failed(_case(subject, "start", idle), error)
            yield running
        finally:
            await asyncio.gather(*(subject.stop() for subject in subjects), return_exceptions=True)

    def _failed(self, case: Case, error: Exception) -> None:
        message = f"{type(error).__name__}: {error}".removesuffix(": ")
        self._results.failures.append(Failure(case, message))
        self._say(f"{case.server} {case.transport}, {case.idle} idle, {case.measure}: {message}")


def rotated(subjects: Sequence[T], turns: int) -> Iterable[T]:
    """Return `subjects` with another one first each turn, so that none always goes first."""
    turn = turns % max(len(subjects), 1)
    return [*subjects[turn:], *subjects[:turn]]


def _case(subject: Subject, measure: str, idle: int, others: int = 0) -> Case:
    return Case(subject.server.name, subject.server.transport, idle, measure, others)


def _shown(sample: Sample) -> str:
    figures = ", ".join(f"{name} {value:,.4g}" for name, value in sample.values.items())
    return (
        f"{figures} (load {sample.load_busy:.0%}, server {sample.server_busy:.0%}, "
        f"disturbed {sample.disturbed:.0%})"
    )
