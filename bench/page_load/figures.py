"""The figures of one run, as a table and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.page_load.loads import Load
from bench.page_load.taps import Taps


def quantile(values: list[float], part: float) -> float:
    """Return the value that `part` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


@dataclass
class Figures:
    """What was measured of one subject; times in seconds."""

    taps: Taps = field(default_factory=Taps)
    cold: list[Load] = field(default_factory=list)
    warm: list[Load] = field(default_factory=list)
    player: Load | None = None
    calls: list[float] = field(default_factory=list)

    def times(self) -> dict[str, float]:
        """Return the times in milliseconds, by what they are of."""
        return {name: 1000 * seconds for name, seconds in self._times()}

    def weights(self) -> dict[str, Load]:
        """Return one opening of each kind, by its name."""
        loads = {"remote": self.cold[0], "remote, opened again": self.warm[0]}
        return loads | ({"player": self.player} if self.player else {})

    def _times(self) -> Iterator[tuple[str, float]]:
        measured = {
            "tap to video": self.taps.to_video,
            "tap to button": self.taps.to_button,
            "call": self.calls,
        }
        for name, values in measured.items():
            yield f"{name}, p50", statistics.median(values)
            yield f"{name}, p99", quantile(values, 0.99)
        yield "remote live, empty cache, p50", statistics.median(it.seconds for it in self.cold)
        yield "remote live, opened again, p50", statistics.median(it.seconds for it in self.warm)


def table(ours: Figures, floor: Figures) -> str:
    """Return both, and how many times the floor ours takes."""
    lines = [f"{'milliseconds':<34}{'ours':>9}{'floor':>9}{'ratio':>8}"]
    base = floor.times()
    for name, value in ours.times().items():
        lines.append(f"{name:<34}{value:>9.2f}{base[name]:>9.2f}{value / base[name]:>8.1f}")
    lines.append("")
    lines.append(f"{'page weight':<34}{'requests':>9}{'KiB sent':>9}{'KiB':>8}")
    for name, load in ours.weights().items():
        sizes = f"{load.requests:>9}{load.wire / 1024:>9.1f}{load.unpacked / 1024:>8.1f}"
        lines.append(f"{name:<34}{sizes}")
    return "\n".join(lines)
