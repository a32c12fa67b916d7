"""The results of calls: samples, their medians, and ratios; no I/O."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.results import percentile

TARGET_CALLS: Final = 3.0
TARGET_P99: Final = 0.5
"""The ratios to reach with 64 calls at once: ours to the other library's."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement; `cpu_us` is the CPU time of a call in each process, in microseconds."""

    calls_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: Mapping[str, float]

    @classmethod
    def of(cls, seconds: float, took: Sequence[float], cpu: Mapping[str, float]) -> Sample:
        """Return the sample of calls that took so many ms each, and so many CPU seconds."""
        used = {name: used / len(took) * 1e6 for name, used in cpu.items()}
        return cls(len(took) / seconds, percentile(took, 50), percentile(took, 99), used)

    def __str__(self) -> str:
        cpu = ", ".join(f"{name} {used:,.0f}" for name, used in self.cpu_us.items())
        return (
            f"{self.calls_per_s:,.0f} calls/s, p50 {self.p50_ms:.2f} ms, "
            f"p99 {self.p99_ms:.2f} ms, CPU µs: {cpu}"
        )


@dataclass(slots=True)
class Results:
    """All results of one run: `samples` are by side and calls at once."""

    about: Mapping[str, object]
    samples: dict[tuple[str, int], list[Sample]] = field(default_factory=dict)

    def add(self, side: str, at_once: int, sample: Sample) -> None:
        self.samples.setdefault((side, at_once), []).append(sample)

    def median(self, side: str, at_once: int) -> Sample:
        """Return the median of each figure."""
        samples = self.samples[side, at_once]
        return Sample(
            statistics.median(each.calls_per_s for each in samples),
            statistics.median(each.p50_ms for each in samples),
            statistics.median(each.p99_ms for each in samples),
            {
                name: statistics.median(each.cpu_us[name] for each in samples)
                for name in samples[0].cpu_us
            },
        )

    def ratios(self, at_once: int) -> Iterator[tuple[str, str, float, float]]:
        """Yield ours, the other, the ratio of calls per second and that of the p99."""
        names = [side for side, count in self.samples if count == at_once]
        for ours in (name for name in names if name.startswith("ours")):
            for other in (name for name in names if not name.startswith("ours")):
                one, two = self.median(ours, at_once), self.median(other, at_once)
                yield ours, other, one.calls_per_s / two.calls_per_s, one.p99_ms / two.p99_ms

    def table(self) -> str:
        lines = [f"{side:13}{n:3} at once: {self.median(side, n)}" for side, n in self.samples]
        for at_once, ours, other, calls, p99 in self._all_ratios():
            line = f"{ours} than {other}, {at_once} at once: calls {calls:.2f}, p99 {p99:.2f}"
            if at_once == 64:
                reached = "yes" if calls >= TARGET_CALLS and p99 <= TARGET_P99 else "NO"
                line += f" (≥ {TARGET_CALLS:g}, ≤ {TARGET_P99:g}: {reached})"
            lines.append(line)
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "about": dict(self.about),
            "cases": [
                {
                    "side": side,
                    "at_once": at_once,
                    "median": dataclasses.asdict(self.median(side, at_once)),
                    "samples": [dataclasses.asdict(each) for each in samples],
                }
                for (side, at_once), samples in self.samples.items()
            ],
            "ratios": [
                dict(zip(("at_once", "ours", "other", "calls", "p99"), ratio, strict=True))
                for ratio in self._all_ratios()
            ],
        }

    def _all_ratios(self) -> Iterator[tuple[int, str, str, float, float]]:
        for at_once in dict.fromkeys(count for _, count in self.samples):
            for ratio in self.ratios(at_once):
                yield at_once, *ratio
