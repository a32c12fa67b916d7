"""The results of a run: kept by case, compared with the targets, and shown as tables; no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bench.results import Samples, markdown, number

LOAD_LIMIT: Final = 0.9
"""Above this share of its core, the load may have been the bottleneck instead of the server."""
DISTURBED_LIMIT: Final = 0.1
"""Above this share of the time, other programs may have been the bottleneck."""
LEGEND: Final = (
    "* the load used over 90% of its core: the server may be better than this\n"
    "~ other programs had one of the cores over 10% of the time: both may be better than this"
)
RIVALS: Final[tuple[tuple[str, str], ...]] = (
    ("crossbar", "ws"),
    ("mosquitto", "ws"),
    ("mosquitto", "tcp"),
)
"""The servers and transports that ours is compared with."""
FLAT: Final = 0.2
"""How much the cost may change with many others."""


class Case(NamedTuple):
    """What a sample is of: `others` are other subscriptions, and as many retained messages."""

    server: str
    transport: str
    idle: int
    measure: str
    others: int = 0


class Figure(NamedTuple):
    """A figure of a measure.

    Attributes:
        column: its title in the table of all servers.
        title: its title in the tables of ratios, in which only those with a title are.
        more: whether more is better.
        bounds: the ratio to reach, ours to each of `RIVALS`.
    """

    measure: str
    name: str
    column: str
    title: str = ""
    more: bool = False
    bounds: tuple[float | None, ...] = (None, None, None)


FIGURES: Final = (
    Figure("connections", "connections_per_s", "conn/s", "connections/s", True, (4, 5, 0.3)),
    Figure("connections", "cpu_us_per_connection", "µs/conn", "CPU per connection"),
    Figure("calls", "calls_per_s", "calls/s", "calls/s, 64 remotes", True, (10, 3, 0.5)),
    Figure("calls", "cpu_us_per_call", "µs/call", "CPU per call, 64 remotes", False, (0.1, 0.4, 2)),
    Figure("pipelined", "calls_per_s", "piped/s", "calls/s, 16 on each of 4", True, (10, 3, 0.5)),
    Figure("pipelined", "cpu_us_per_call", "µs/piped"),
    Figure("latency", "p50_ms", "p50 ms"),
    Figure("latency", "p99_ms", "p99 ms", "one at a time, p99", False, (0.5, 0.3, 2)),
    Figure("latency", "cpu_us_per_call", "µs/single", "CPU per call, one", False, (0.1, 0.4, 2)),
    Figure("memory", "kib_per_client", "KiB/idle", "memory per client", False, (0.5, 1.2, None)),
    Figure("fan_out", "last_arrival_ms", "to all ms", "one message to all", False, (0.2, 1, 3)),
    Figure("fan_out", "cpu_us_per_delivery", "µs/deliv", "CPU per delivery"),
)
HELD: Final = {
    "clients": "clients", "pings_per_s": "pings/s", "ping_p50_ms": "p50 ms",
    "ping_p99_ms": "p99 ms", "cpu_us_per_ping": "µs/ping", "server_busy": "core",
}  # fmt: skip


class Results:
    """All results of one run: samples by case, in the order they were taken, and failures.

    Each sample has these shares of its time: ``load_busy``, in which the load used its core,
    ``server_busy``, and ``disturbed``, in which other programs had the core of the server or of the
    load while these were runnable, whichever is more.
    """

    def __init__(self, about: Mapping[str, object]) -> None:
        self.samples: Samples[Case] = Samples()
        self.failures: list[tuple[Case, str]] = []
        self._about = about

    def value(self, case: Case, name: str) -> float | None:
        """Return the median of a figure over the samples of a case, if it has any."""
        return self.samples.median(case).get(name)

    def most_idle(self) -> int:
        """Return the largest number of idle clients, not counting those that are only held."""
        return max((case.idle for case in self.samples if case.idle not in self.held()), default=0)

    def held(self) -> set[int]:
        return {case.idle for case in self.samples if case.measure == "hold"}

    def marks(self, *cases: Case) -> str:
        """Return ``*`` if the load was at its limit, ``~`` if other programs disturbed."""
        medians = [self.samples.median(case) for case in cases]
        busy = any(it.get("load_busy", 0) > LOAD_LIMIT for it in medians)
        return "*" * busy + "~" * any(it.get("disturbed", 0) > DISTURBED_LIMIT for it in medians)

    def document(self) -> dict[str, Any]:
        cases = [
            it | {"marks": self.marks(case)}
            for it, case in zip(self.samples.cases(), self.samples, strict=True)
        ]
        failures = [{"case": case._asdict(), "message": text} for case, text in self.failures]
        return {"about": dict(self._about), "cases": cases, "failures": failures}


class Verdict(NamedTuple):
    """Our figure divided by a rival's, and what it is to be."""

    ratio: float
    more: bool
    bound: float | None
    marks: str

    @property
    def reached(self) -> bool | None:
        """Return whether the bound is reached; None if there is none."""
        if self.bound is None:
            return None
        return self.ratio >= self.bound if self.more else self.ratio <= self.bound

    def __str__(self) -> str:
        sign, reached = "≥" if self.more else "≤", "yes" if self.reached else "NO"
        judged = "" if self.bound is None else f" ({sign} {self.bound:g}: {reached})"
        return f"{self.ratio:.2f}{self.marks}{judged}"


def verdict(
    results: Results, figure: Figure, rival: tuple[str, str], idle: int, bound: float | None = None
) -> Verdict | None:
    """Compare with a rival; None if ours or its figure is missing."""
    server, transport = rival
    cases = [Case(it, transport, idle, figure.measure) for it in ("ours", server)]
    ours, theirs = (results.value(case, figure.name) for case in cases)
    if ours is None or not theirs:
        return None
    return Verdict(ours / theirs, figure.more, bound, results.marks(*cases))


def flatness(results: Results) -> dict[tuple[str, str, str], dict[int, float]]:
    """Return the CPU per call and per connection of each server, in µs, by number of others."""
    found: dict[tuple[str, str, str], dict[int, float]] = {}
    for case in results.samples:
        for measure, figure, title in (
            ("growth_calls", "cpu_us_per_call", "CPU per call"),
            ("growth_connections", "cpu_us_per_connection", "CPU per connection"),
        ):
            value = results.value(case, figure)
            if case.measure == measure and value is not None:
                costs = found.setdefault((case.server, case.transport, title), {})
                costs[case.others] = value
    return found


def tables(results: Results, *, judged: bool = True) -> str:
    """Return all tables; ours is compared with `RIVALS`, or else with every server over TCP."""
    parts = [_figures(results), ratios(results, judged=judged), _growth(results), _held(results)]
    if results.failures:
        lines = (
            f"  {case.server} {case.transport}, {case.idle} idle, {case.measure}: "
            f"{message.splitlines()[0][:200]}"
            for case, message in results.failures
        )
        parts.append("\n".join(("Did not work:", *lines)))
    return "\n\n".join((*filter(None, parts), LEGEND))


def ratios(results: Results, *, judged: bool) -> str:
    idle, rivals = results.most_idle(), RIVALS
    if not judged:
        others = dict.fromkeys(it.server for it in results.samples if it.server != "ours")
        rivals = tuple((it, "tcp") for it in others)
    rows = []
    for it in FIGURES:
        if not it.title:
            continue
        bounds = it.bounds if judged else [None] * len(rivals)
        found = [
            verdict(results, it, rival, idle, bound)
            for rival, bound in zip(rivals, bounds, strict=True)
        ]
        if any(found):
            rows.append((it.title, *(str(one or "-") for one in found)))
    return _table((f"ours at {idle:,} idle clients to", *map(" ".join, rivals)), rows)


def _figures(results: Results) -> str:
    shown = {figure.measure for figure in FIGURES}
    keys = dict.fromkeys(
        (case.idle, case.server, case.transport)
        for case in results.samples
        if case.measure in shown and case.idle not in results.held()
    )
    rows = []
    for idle, server, transport in sorted(keys, key=lambda key: (key[0], key[2] == "tcp")):
        row = [server, transport, f"{idle:,}"]
        for figure in FIGURES:
            case = Case(server, transport, idle, figure.measure)
            value = results.value(case, figure.name)
            row.append("" if value is None else number(value) + results.marks(case))
        rows.append(row)
    return _table(("server", "", "idle", *(figure.column for figure in FIGURES)), rows)


def _growth(results: Results) -> str:
    rows = []
    found = flatness(results)
    others = sorted({count for costs in found.values() for count in costs})
    for (server, transport, title), costs in found.items():
        cells = [number(costs[count]) if count in costs else "" for count in others]
        judged = ""
        if len(costs) > 1:
            ratio = costs[max(costs)] / costs[min(costs)]
            judged = f"{ratio:.2f} ({'flat' if abs(ratio - 1) <= FLAT else 'NOT flat'})"
        rows.append((f"{server} {transport}", title, *cells, judged))
    return _table(("µs with others", "", *(f"{count:,}" for count in others), "ratio"), rows)


def _held(results: Results) -> str:
    rows = []
    for case in results.samples:
        if case.measure == "hold":
            memory = results.value(case._replace(measure="memory"), "server_mib")
            figures = [results.value(case, name) for name in HELD]
            cells = [number(it or 0) for it in (*figures, memory)]
            rows.append((case.server, case.transport, *cells))
    return _table(("held at once", "", *HELD.values(), "MiB"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return markdown(head, rows) if rows else ""
