"""The results of a run: kept by case, compared with the targets, and shown as tables; no I/O."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from bench.broker_load.measures import Sample
from bench.results import aligned, number

LOAD_LIMIT: Final = 0.9
"""Above this share of its core, the load may have been the bottleneck instead of the server."""
DISTURBED_LIMIT: Final = 0.1
"""Above this share of the time, other programs may have been the bottleneck."""
LEGEND: Final = (
    "* the load used over 90 % of its core: the server may be better than this\n"
    "~ other programs had one of the cores over 10 % of the time: both may be better than this"
)


class Case(NamedTuple):
    """What a sample is of: `others` are other subscriptions, and as many retained messages."""

    server: str
    transport: str
    idle: int
    measure: str
    others: int = 0


@dataclass(slots=True)
class Results:
    """All results of one run: samples by case, in the order they were taken."""

    about: Mapping[str, object]
    samples: dict[Case, list[Sample]] = field(default_factory=dict)
    failures: list[tuple[Case, str]] = field(default_factory=list)

    def add(self, case: Case, sample: Sample) -> None:
        self.samples.setdefault(case, []).append(sample)

    def value(self, case: Case, name: str) -> float | None:
        """Return the median of a figure over the samples of a case, if it has any."""
        samples = self.samples.get(case, [])
        values = [sample.values[name] for sample in samples if name in sample.values]
        return statistics.median(values) if values else None

    def most_idle(self) -> int:
        """Return the largest number of idle clients, not counting those that are only held."""
        held = {case.idle for case in self.samples if case.measure == "hold"}
        return max((case.idle for case in self.samples if case.idle not in held), default=0)

    def marks(self, case: Case) -> str:
        """Return ``*`` if the load was at its limit, ``~`` if other programs disturbed."""
        if not (samples := self.samples.get(case, [])):
            return ""
        busy = statistics.median(sample.load_busy for sample in samples) > LOAD_LIMIT
        disturbed = statistics.median(sample.disturbed for sample in samples) > DISTURBED_LIMIT
        return "*" * busy + "~" * disturbed

    def document(self) -> dict[str, Any]:
        return {
            "about": dict(self.about),
            "cases": [
                case._asdict()
                | {
                    "median": {name: self.value(case, name) for name in samples[0].values},
                    "marks": self.marks(case),
                    "samples": [dataclasses.asdict(sample) for sample in samples],
                }
                for case, samples in self.samples.items()
            ],
            "failures": [
                {"case": case._asdict(), "message": message} for case, message in self.failures
            ],
        }


RIVALS: Final = (("crossbar", "ws"), ("mosquitto", "ws"), ("mosquitto", "tcp"))
"""The servers and transports that ours is compared with."""
FLAT: Final = 0.2
"""How much the cost may change with many others."""


class Target(NamedTuple):
    """A figure to compare; `bounds` has the ratio to reach, ours to each of `RIVALS`."""

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


class Verdict(NamedTuple):
    """Our figure divided by a rival's; None if one of them was not measured."""

    target: Target
    rival: tuple[str, str]
    ratio: float | None
    bound: float | None
    marks: str

    @property
    def reached(self) -> bool | None:
        """Return whether the bound is reached; None if there is nothing to compare."""
        if self.ratio is None or self.bound is None:
            return None
        return self.ratio >= self.bound if self.target.more else self.ratio <= self.bound

    def text(self) -> str:
        sign, reached = "≥" if self.target.more else "≤", "yes" if self.reached else "NO"
        verdict = "" if self.bound is None else f" ({sign} {self.bound:g}: {reached})"
        return "-" if self.ratio is None else f"{self.ratio:.2f}{self.marks}{verdict}"


class Flatness(NamedTuple):
    """A cost of one server, in µs of CPU, by number of other subscriptions."""

    server: tuple[str, str]
    title: str
    costs: dict[int, float]

    @property
    def ratio(self) -> float | None:
        """Return the cost with most others divided by that with fewest, if there are two."""
        base = self.costs[min(self.costs)]
        return self.costs[max(self.costs)] / base if len(self.costs) > 1 and base else None


def verdicts(results: Results, idle: int) -> Iterator[Verdict]:
    """Yield every comparison with `idle` idle clients."""
    for target in TARGETS:
        for rival, bound in zip(RIVALS, target.bounds, strict=True):
            mine, other = (
                Case(server, rival[1], idle, target.measure) for server in ("ours", rival[0])
            )
            ours, theirs = (results.value(case, target.figure) for case in (mine, other))
            ratio = None if ours is None or not theirs else ours / theirs
            marks = "".join(sorted(set(results.marks(mine) + results.marks(other))))
            yield Verdict(target, rival, ratio, bound, marks)


def flatness(results: Results) -> Iterator[Flatness]:
    """Yield the costs of each server by number of others."""
    for server in dict.fromkeys((case.server, case.transport) for case in results.samples):
        for title, measure, figure in (
            ("CPU per call", "growth_calls", "cpu_us_per_call"),
            ("CPU per connection", "growth_connections", "cpu_us_per_connection"),
        ):
            costs = {
                case.others: value
                for case in results.samples
                if (case.server, case.transport, case.measure) == (*server, measure)
                and (value := results.value(case, figure)) is not None
            }
            if costs:
                yield Flatness(server, title, costs)


_COLUMNS: Final = (
    ("connections", "connections_per_s", "conn/s"),
    ("connections", "cpu_us_per_connection", "µs/conn"),
    ("calls", "calls_per_s", "calls/s"),
    ("calls", "cpu_us_per_call", "µs/call"),
    ("pipelined", "calls_per_s", "piped/s"),
    ("pipelined", "cpu_us_per_call", "µs/piped"),
    ("latency", "p50_ms", "p50 ms"),
    ("latency", "p99_ms", "p99 ms"),
    ("latency", "cpu_us_per_call", "µs/single"),
    ("memory", "kib_per_client", "KiB/idle"),
    ("fan_out", "last_arrival_ms", "to all ms"),
    ("fan_out", "cpu_us_per_delivery", "µs/deliv"),
)


def tables(results: Results, compare: Callable[[Results], str] | None = None) -> str:
    """Return all tables; `compare` replaces the table of ratios of ours to `RIVALS`."""
    ratios = (compare or _ratios)(results)
    parts = [_figures(results), ratios, _growth(results), _held(results)]
    if results.failures:
        lines = (
            f"  {case.server} {case.transport}, {case.idle} idle, {case.measure}: "
            f"{message.splitlines()[0][:200]}"
            for case, message in results.failures
        )
        parts.append("\n".join(("Did not work:", *lines)))
    return "\n\n".join((*filter(None, parts), LEGEND))


def _figures(results: Results) -> str:
    shown = {measure for measure, _, _ in _COLUMNS}
    held = {case.idle for case in results.samples if case.measure == "hold"}
    keys = dict.fromkeys(
        (case.idle, case.server, case.transport)
        for case in results.samples
        if case.measure in shown and case.idle not in held
    )
    rows = [["server", "", "idle", *(title for _, _, title in _COLUMNS)]]
    for idle, server, transport in sorted(keys, key=lambda key: (key[0], key[2] == "tcp")):
        row = [server, transport, f"{idle:,}"]
        for measure, figure, _ in _COLUMNS:
            case = Case(server, transport, idle, measure)
            value = results.value(case, figure)
            row.append("" if value is None else number(value) + results.marks(case))
        rows.append(row)
    return aligned(rows)


def _ratios(results: Results) -> str:
    idle = results.most_idle()
    found = list(verdicts(results, idle))
    if all(verdict.ratio is None for verdict in found):
        return ""
    titles = [f"{transport}, than {server}" for server, transport in RIVALS]
    head = [f"ours at {idle:,} idle clients", *titles]
    rows = ([one.title, *(it.text() for it in found if it.target is one)] for one in TARGETS)
    return aligned([head, *rows])


def ratios_to_others(results: Results, transport: str = "tcp") -> str:
    """Return a table of our figures divided by those of every other server."""
    idle = results.most_idle()
    others = [it for it in dict.fromkeys(case.server for case in results.samples) if it != "ours"]
    rows = [[f"ours to, at {idle:,} idle clients", "", *others]]
    for target in TARGETS:
        ours, *theirs = (
            results.value(Case(server, transport, idle, target.measure), target.figure)
            for server in ("ours", *others)
        )
        if ours is not None:
            cells = (f"{ours / it:.2f}" if it else "-" for it in theirs)
            rows.append([target.title, "more is better" if target.more else "", *cells])
    return aligned(rows)


def _growth(results: Results) -> str:
    lines = list(flatness(results))
    counts = sorted({count for line in lines for count in line.costs})
    rows = [["µs with others", "", *(f"{count:,}" for count in counts), "ratio"]]
    for line in lines:
        cells = [number(line.costs[count]) if count in line.costs else "" for count in counts]
        verdict = ""
        if (ratio := line.ratio) is not None:
            verdict = f"{ratio:.2f} ({'flat' if abs(ratio - 1) <= FLAT else 'NOT flat'})"
        rows.append([f"{' '.join(line.server)}", line.title, *cells, verdict])
    return aligned(rows)


def _held(results: Results) -> str:
    rows = [
        ["held at once", "", "clients", "pings/s", "p50 ms", "p99 ms", "µs/ping", "core", "MiB"]
    ]
    for case, samples in results.samples.items():
        if case.measure == "hold":
            names = ("clients", "pings_per_s", "ping_p50_ms", "ping_p99_ms", "cpu_us_per_ping")
            figures = [number(results.value(case, name) or 0) for name in names]
            memory = results.value(case._replace(measure="memory"), "server_mib") or 0
            busy = f"{samples[-1].server_busy:.1%}"
            rows.append([case.server, case.transport, *figures, busy, number(memory)])
    return aligned(rows)
