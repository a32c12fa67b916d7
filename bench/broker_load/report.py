"""The results of a run: kept by case, and shown as tables; no I/O."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from bench.broker_load.clients import Transport
from bench.results import Samples, markdown, number

LOAD_LIMIT: Final = 0.9
"""Above this share of its core, the load may have been the bottleneck instead of the server."""
DISTURBED_LIMIT: Final = 0.1
"""Above this share of the time, other programs may have been the bottleneck."""
LEGEND: Final = (
    "* the load used over 90% of its core: the server may be better than this\n"
    "~ other programs had one of the cores over 10% of the time: both may be better than this"
)
FIGURES: Final = {
    ("connections", "connections_per_s"): "conn/s",
    ("connections", "cpu_us_per_connection"): "µs/conn",
    ("calls", "calls_per_s"): "calls/s",
    ("calls", "cpu_us_per_call"): "µs/call",
    ("pipelined", "calls_per_s"): "piped/s",
    ("pipelined", "cpu_us_per_call"): "µs/piped",
    ("latency", "p50_ms"): "p50 ms",
    ("latency", "p99_ms"): "p99 ms",
    ("latency", "cpu_us_per_call"): "µs/single",
    ("memory", "kib_per_client"): "KiB/idle",
    ("memory", "server_mib"): "MiB",
    ("fan_out", "last_arrival_ms"): "to all ms",
    ("fan_out", "cpu_us_per_delivery"): "µs/deliv",
    ("hold", "pings_per_s"): "pings/s",
    ("hold", "ping_p50_ms"): "ping p50 ms",
    ("hold", "ping_p99_ms"): "ping p99 ms",
    ("hold", "cpu_us_per_ping"): "µs/ping",
    ("hold", "server_busy"): "core",
}
"""The columns of the table, by measure and name of the figure."""


class Case(NamedTuple):
    """What a sample is of: `others` are other subscriptions, and as many retained messages."""

    server: str
    transport: Transport
    idle: int
    measure: str
    others: int = 0


class Results(Samples[Case]):
    """All results of one run: samples by case, in the order they were taken, and failures.

    Each sample has these shares of its time: ``load_busy``, in which the load used its core,
    ``server_busy``, and ``disturbed``, in which other programs had the core of the server or of the
    load while these were runnable, whichever is more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.failures: dict[Case, str] = {}

    def marks(self, *cases: Case) -> str:
        """Return ``*`` if the load was at its limit, ``~`` if other programs disturbed."""
        medians = [self.median(case) for case in cases]
        busy = any(it.get("load_busy", 0) > LOAD_LIMIT for it in medians)
        return "*" * busy + "~" * any(it.get("disturbed", 0) > DISTURBED_LIMIT for it in medians)

    def cell(self, name: str, *cases: Case) -> str:
        """Return a figure of a case with its marks, or its ratio to that of a second case."""
        values = [self.median(case).get(name) for case in cases]
        if not all(values):
            return ""
        one, other = (*values, 1.0)[:2]
        return number((one or 0.0) / (other or 1.0)) + self.marks(*cases)

    def noted(self) -> list[dict[str, Any]]:
        """Return the failures as plain data."""
        return [it._asdict() | {"message": text} for it, text in self.failures.items()]


def tables(results: Results) -> str:
    """Return all figures, and the ratios of ours to every other server."""
    places = dict.fromkeys(case._replace(measure="") for case in results)
    order = sorted(places, key=lambda it: (it.idle, it.others, it.transport == "tcp"))
    rows = [
        (it.server, it.transport, f"{it.idle:,}", f"{it.others:,}", *_cells(results, it))
        for it in order
    ]
    parts = [_table(("server", "", "idle", "others", *FIGURES.values()), rows), ratios(results)]
    if results.failures:
        lines = (f"  {case}: {text.splitlines()[0]}" for case, text in results.failures.items())
        parts.append("\n".join(("Did not work:", *lines)))
    return "\n\n".join((*filter(None, parts), LEGEND))


def ratios(results: Results) -> str:
    """Compare ours with others at the most idle clients, and the most others with none."""
    columns: dict[str, tuple[Case, Case]] = {}
    for case in sorted(results, key=lambda it: (it.idle, it.others)):
        one = case._replace(measure="")
        if one.others:
            title = f"{one.server} {one.transport}, {one.others:,} others / none"
            columns[title] = one, one._replace(others=0)
        elif one.server != "ours":
            columns[f"ours / {one.server} {one.transport}"] = one._replace(server="ours"), one
    cells = zip(*(_cells(results, *pair) for pair in columns.values()), strict=True)
    rows = [(title, *row) for title, row in zip(FIGURES.values(), cells, strict=False)]
    return _table(("ratios", *columns), [row for row in rows if any(row[1:])])


def _cells(results: Results, *places: Case) -> list[str]:
    return [
        results.cell(name, *(it._replace(measure=measure) for it in places))
        for measure, name in FIGURES
    ]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table without its empty columns."""
    kept = [column for column in zip(head, *rows, strict=True) if any(column[1:])]
    return markdown(*((lines := list(zip(*kept, strict=True)))[0], lines[1:])) if rows else ""
