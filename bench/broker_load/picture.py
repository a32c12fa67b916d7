"""Draws the results as SVG: one panel a figure, one bar a server; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from bench.broker_load.results import Results
from bench.broker_load.table import number

_PANELS: Final = (
    ("Calls per second, 64 remotes (more is better)", "calls", "calls_per_s"),
    ("CPU per call, 64 remotes, µs (less is better)", "calls", "cpu_us_per_call"),
    ("One call at a time, p99, ms (less is better)", "latency", "p99_ms"),
    ("Connections per second, authenticated (more is better)", "connections", "connections_per_s"),
    ("Memory per idle client, KiB (less is better)", "memory", "kib_per_client"),
    ("One message to all, last arrival, ms (less is better)", "fan_out", "last_arrival_ms"),
)

_COLUMNS: Final = 2
_WIDTH: Final = 490
_GAP: Final = 28
_TOP: Final = 56
_TITLE: Final = 30
_BAR: Final = 18
_STEP: Final = 25
_LABEL: Final = 148
_VALUE: Final = 72

_STYLE: Final = """\
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; }
.head { font-size: 17px; font-weight: 600; }
.track { fill: #8b949e; opacity: .14; }
.bar { fill: #8b98a8; }
.ours { fill: #1a7f64; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117; } text { fill: #e6edf3; } .ours { fill: #3fb68b; }
}"""


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    value: float
    marks: str
    is_ours: bool


def picture(results: Results) -> str:
    """Return the figures with most idle clients as an SVG document."""
    idle = results.most_idle()
    panels = [
        (title, bars)
        for title, measure, figure in _PANELS
        if (bars := _bars(results, idle, measure, figure))
    ]
    rows = [panels[start : start + _COLUMNS] for start in range(0, len(panels), _COLUMNS)]
    parts = []
    y = _TOP
    for row in rows:
        for column, (title, bars) in enumerate(row):
            parts.append(_panel(title, bars, _GAP + column * (_WIDTH + _GAP), y))
        y += max(_height(bars) for _, bars in row) + _GAP
    width = _COLUMNS * (_WIDTH + _GAP) + _GAP
    head = f"Message brokers with {idle:,} idle clients, one core each"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" '
        f'width="{width}" height="{y}" role="img" aria-label="{escape(head)}">\n'
        f"<style>\n{_STYLE}\n</style>\n"
        f'<rect class="ground" width="100%" height="100%" fill="#ffffff"/>\n'
        f'<text class="head" x="{_GAP}" y="34">{escape(head)}</text>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _bars(results: Results, idle: int, measure: str, figure: str) -> list[_Bar]:
    bars = []
    for transport in ("ws", "tcp"):
        for case in results.samples:
            if (case.idle, case.measure, case.transport) != (idle, measure, transport):
                continue
            value = results.value(case, figure)
            if value is not None:
                label = f"{case.server} {'TCP' if transport == 'tcp' else 'WebSocket'}"
                bars.append(_Bar(label, value, results.marks(case), case.server == "ours"))
    return bars


def _height(bars: Sequence[_Bar]) -> int:
    return _TITLE + _STEP * len(bars)


def _panel(title: str, bars: Sequence[_Bar], x: int, y: int) -> str:
    most = max(bar.value for bar in bars) or 1
    room = _WIDTH - _LABEL - _VALUE
    parts = [f'<text class="title" x="{x}" y="{y + 14}">{escape(title)}</text>']
    for place, bar in enumerate(bars):
        top = y + _TITLE + place * _STEP
        base = top + 13
        length = max(2.0, room * bar.value / most)
        kind = "bar ours" if bar.is_ours else "bar"
        size = f'width="{length:.1f}" height="{_BAR}"'
        start = x + _LABEL
        parts += [
            f'<text x="{start - 8}" y="{base}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect class="track" x="{start}" y="{top}" width="{room}" height="{_BAR}" rx="3"/>',
            f'<rect class="{kind}" x="{start}" y="{top}" {size} rx="3"/>',
            f'<text x="{start + room + 8}" y="{base}">{number(bar.value)}{bar.marks}</text>',
        ]
    return "\n".join(parts)
