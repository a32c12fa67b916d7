"""The results as text for a terminal; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from bench.broker_load.results import Case, Results
from bench.broker_load.targets import FLAT, RIVALS, TARGETS, Verdict, flatness, verdicts

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

LEGEND: Final = (
    "* the load used over 90 % of its core: the server may be better than this\n"
    "~ other programs had one of the cores over 10 % of the time: both may be better than this"
)


def tables(results: Results) -> str:
    """Return all tables of a run."""
    parts = [_figures(results)]
    parts.append(_ratios(results, results.most_idle()))
    parts += [_growth(results), _held(results)]
    if results.failures:
        parts.append(
            "Did not work:\n"
            + "\n".join(
                f"  {one.case.server} {one.case.transport}, {one.case.idle} idle, "
                f"{one.case.measure}: {one.message.splitlines()[0][:200]}"
                for one in results.failures
            )
        )
    return "\n\n".join(part for part in parts if part) + f"\n\n{LEGEND}"


def _figures(results: Results) -> str:
    shown = {measure for measure, _, _ in _COLUMNS}
    held = {case.idle for case in results.samples if case.measure == "hold"}
    plain = [case for case in results.samples if case.measure in shown and case.idle not in held]
    rows = [["server", "", "idle", *(title for _, _, title in _COLUMNS)]]
    keys = dict.fromkeys((case.idle, case.server, case.transport) for case in plain)
    for idle, server, transport in sorted(keys, key=lambda key: (key[0], key[2] == "tcp")):
        row = [server, transport, f"{idle:,}"]
        for measure, figure, _ in _COLUMNS:
            case = Case(server, transport, idle, measure)
            value = results.value(case, figure)
            row.append("" if value is None else number(value) + results.marks(case))
        rows.append(row)
    return _aligned(rows) if len(rows) > 1 else ""


def _ratios(results: Results, idle: int) -> str:
    titles = [f"{transport}, than {server}" for server, transport in RIVALS]
    rows = [[f"ours at {idle:,} idle clients", *titles]]
    by_target: dict[str, list[Verdict]] = {target.title: [] for target in TARGETS}
    for verdict in verdicts(results, idle):
        by_target[verdict.target.title].append(verdict)
    if all(verdict.ratio is None for line in by_target.values() for verdict in line):
        return ""
    for title, line in by_target.items():
        rows.append([title, *(_judged(verdict) for verdict in line)])
    return _aligned(rows)


def _judged(verdict: Verdict) -> str:
    if verdict.ratio is None:
        return "-"
    text = f"{verdict.ratio:.2f}{verdict.marks}"
    if verdict.bound is None:
        return text
    sign = "≥" if verdict.target.more else "≤"
    return f"{text} ({sign} {verdict.bound:g}: {'yes' if verdict.reached else 'NO'})"


def _growth(results: Results) -> str:
    lines = list(flatness(results))
    if not lines:
        return ""
    counts = sorted({count for line in lines for count in line.costs})
    rows = [["µs with others", "", *(f"{count:,}" for count in counts), "ratio"]]
    for line in lines:
        cells = [number(line.costs[count]) if count in line.costs else "" for count in counts]
        ratio = line.ratio
        verdict = ""
        if ratio is not None:
            flat = 1 - FLAT <= ratio <= 1 + FLAT
            verdict = f"{ratio:.2f} ({'flat' if flat else 'NOT flat'})"
        rows.append([f"{' '.join(line.server)}", line.title, *cells, verdict])
    return _aligned(rows)


def _held(results: Results) -> str:
    rows = [
        ["held at once", "", "clients", "pings/s", "p50 ms", "p99 ms", "µs/ping", "core", "MiB"]
    ]
    for case, samples in results.samples.items():
        if case.measure != "hold":
            continue
        figures = [
            number(results.value(case, name) or 0)
            for name in ("clients", "pings_per_s", "ping_p50_ms", "ping_p99_ms", "cpu_us_per_ping")
        ]
        memory = results.value(replace(case, measure="memory"), "server_mib") or 0
        busy = f"{samples[-1].server_busy:.1%}"
        rows.append([case.server, case.transport, *figures, busy, number(memory)])
    return _aligned(rows) if len(rows) > 1 else ""


def number(value: float) -> str:
    """Return `value` with three digits or all before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(_cells(row, widths)).rstrip()


def _cells(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.ljust(width) if place < 2 else cell.rjust(width)
