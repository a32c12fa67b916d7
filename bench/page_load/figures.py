"""The figures of one run, as a table and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.page_load.loads import Weight
from bench.page_load.taps import Taps


def quantile(values: list[float], part: float) -> float:
    """Return the value that `part` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


@dataclass
class Figures:
    """What was measured of one subject; times in seconds, weights by what was opened."""

    taps: Taps = field(default_factory=Taps)
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    weights: dict[str, Weight] = field(default_factory=dict)
    calls: list[float] = field(default_factory=list)

    def times(self) -> dict[str, float]:
        """Return the times in milliseconds, by what they are of."""
        return {name: 1000 * seconds for name, seconds in self._times()}

    def _times(self) -> Iterator[tuple[str, float]]:
        measured = {
            "tap to video": self.taps.tap_to_video,
            "tap to button": self.taps.tap_to_button,
            "press to video": self.taps.press_to_video,
            "press to button": self.taps.press_to_button,
            "call": self.calls,
            "remote live, empty cache": self.cold,
            "remote live, opened again": self.warm,
        }
        for name, values in measured.items():
            if values:
                yield f"{name}, p50", statistics.median(values)
                yield f"{name}, p99", quantile(values, 0.99)


def table(figures: dict[str, Figures]) -> str:
    """Return all of a run, and how many times the others' time ours takes."""
    times = {name: one.times() for name, one in figures.items()}
    others = [name for name in figures if name != "ours"]
    heads = ["ours", *others, *(f"/ {name}" for name in others)]
    lines = ["| milliseconds | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for name, value in times["ours"].items():
        known = {other: times[other].get(name) for other in others}
        cells = [f"{value:.2f}"]
        cells += ["-" if it is None else f"{it:.2f}" for it in known.values()]
        cells += ["-" if it is None else f"{value / it:.2f}" for it in known.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "| page weight | requests | KiB received | KiB unpacked |", "|---|---|---|---|"]
    for whose, one in figures.items():
        for name, it in one.weights.items():
            sizes = f"{it.requests} | {it.wire / 1024:.1f} | {it.unpacked / 1024:.1f}"
            lines.append(f"| {whose}: {name} | {sizes} |")
    return "\n".join(lines)
