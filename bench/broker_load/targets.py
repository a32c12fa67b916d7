"""What our broker must reach beside the others, as ratios within one run; no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.broker_load.results import Case, Results

RIVALS: Final = (("crossbar", "ws"), ("mosquitto", "ws"), ("mosquitto", "tcp"))
"""The servers that ours is compared with, over the transport on which it is."""

FLAT: Final = 0.2
"""How much the cost may differ with many others from that with none."""


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the table.

    Attributes:
        title: what is compared.
        measure: the measure.
        figure: the figure of it.
        more: whether more is better.
        bounds: the ratio to reach, ours to each of `RIVALS`; None where none is asked for.
    """

    title: str
    measure: str
    figure: str
    more: bool
    bounds: tuple[float | None, float | None, float | None]


TARGETS: Final = (
    Target("calls/s, 64 remotes", "calls", "calls_per_s", True, (10, 3, 0.5)),
    Target("calls/s, 16 under way on each of 4", "pipelined", "calls_per_s", True, (10, 3, 0.5)),
    Target("CPU per call, 64 remotes", "calls", "cpu_us_per_call", False, (0.1, 0.4, 2)),
    Target("CPU per call, one at a time", "latency", "cpu_us_per_call", False, (0.1, 0.4, 2)),
    Target("one at a time, p99", "latency", "p99_ms", False, (0.5, 0.3, 2)),
    Target("connections/s", "connections", "connections_per_s", True, (4, 5, 0.3)),
    Target("memory per idle client", "memory", "kib_per_client", False, (0.5, 1.2, None)),
    Target("one message to all, last arrival", "fan_out", "last_arrival_ms", False, (0.2, 1, 3)),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How ours stands to one rival in one respect.

    Attributes:
        target: the line of the table.
        rival: the other server and the transport.
        ours: our figure; None if it was not measured.
        theirs: the rival's figure; None if it was not measured.
        bound: the ratio to reach; None if none is asked for.
        marks: what casts doubt on the figures, as in `Results.marks`.
    """

    target: Target
    rival: tuple[str, str]
    ours: float | None
    theirs: float | None
    bound: float | None
    marks: str

    @property
    def ratio(self) -> float | None:
        """Ours divided by theirs; None if one of them was not measured."""
        if self.ours is None or not self.theirs:
            return None
        return self.ours / self.theirs

    @property
    def reached(self) -> bool | None:
        """Whether the bound is kept; None if that cannot be told or is not asked for."""
        if self.ratio is None or self.bound is None:
            return None
        return self.ratio >= self.bound if self.target.more else self.ratio <= self.bound


@dataclass(frozen=True, slots=True)
class Flatness:
    """How a cost of one server changes with what has nothing to do with it.

    Attributes:
        server: the server and the transport.
        title: which cost.
        costs: microseconds of CPU by number of other subscriptions and retained messages.
    """

    server: tuple[str, str]
    title: str
    costs: dict[int, float]

    @property
    def ratio(self) -> float | None:
        """The cost with most others divided by that with fewest; None if there is only one."""
        base = self.costs[min(self.costs)]
        if len(self.costs) < 2 or not base:
            return None
        return self.costs[max(self.costs)] / base


def verdicts(results: Results, idle: int) -> Iterator[Verdict]:
    """Yield how ours stands in each respect, with `idle` idle clients."""
    for target in TARGETS:
        for rival, bound in zip(RIVALS, target.bounds, strict=True):
            server, transport = rival
            mine = Case("ours", transport, idle, target.measure)
            other = Case(server, transport, idle, target.measure)
            yield Verdict(
                target,
                rival,
                results.value(mine, target.figure),
                results.value(other, target.figure),
                bound,
                "".join(sorted(set(results.marks(mine) + results.marks(other)))),
            )


def flatness(results: Results) -> Iterator[Flatness]:
    """Yield the costs that were measured with more and more others, for each server."""
    servers = dict.fromkeys((case.server, case.transport) for case in results.samples)
    for server in servers:
        for title, measure, figure in (
            ("CPU per call", "growth_calls", "cpu_us_per_call"),
            ("CPU per connection", "growth_connections", "cpu_us_per_connection"),
        ):
            costs = {}
            for case in results.samples:
                if (case.server, case.transport, case.measure) == (*server, measure):
                    value = results.value(case, figure)
                    if value is not None:
                        costs[case.others] = value
            if costs:
                yield Flatness(server, title, costs)
