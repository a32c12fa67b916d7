"""What was measured: samples, their medians, and the ratios that were aimed at; no I/O."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

TARGET_CALLS: Final = 3.0
"""How many times as many calls per second are aimed at, with 64 at once."""

TARGET_P99: Final = 0.5
"""What part of the others' 99th percentile is aimed at, with 64 at once."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of one side.

    Attributes:
        calls_per_s: calls that were answered, per second.
        p50_ms: half of the calls took no longer than this.
        p99_ms: 99 of 100 took no longer than this.
        cpu_us: what a call cost each process, in microseconds of CPU.
    """

    calls_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: Mapping[str, float]

    @classmethod
    def of(cls, seconds: float, took: Sequence[float], cpu: Mapping[str, float]) -> Sample:
        """Return the sample of calls that took so long, sorted, in ms."""
        calls = len(took)
        return cls(
            calls / seconds,
            took[calls // 2],
            took[min(calls - 1, calls * 99 // 100)],
            {name: used / calls * 1e6 for name, used in cpu.items()},
        )

    def __str__(self) -> str:
        cpu = ", ".join(f"{name} {used:,.0f}" for name, used in self.cpu_us.items())
        return (
            f"{self.calls_per_s:,.0f} calls/s, p50 {self.p50_ms:.2f} ms, "
            f"p99 {self.p99_ms:.2f} ms, CPU µs: {cpu}"
        )


@dataclass(slots=True)
class Results:
    """Everything that one run found.

    Attributes:
        about: the machine, the versions, the effort.
        samples: by side and calls at once, in the order of their taking.
    """

    about: Mapping[str, object]
    samples: dict[tuple[str, int], list[Sample]] = field(default_factory=dict)

    def add(self, side: str, at_once: int, sample: Sample) -> None:
        """Keep a sample."""
        self.samples.setdefault((side, at_once), []).append(sample)

    def median(self, side: str, at_once: int) -> Sample:
        """Return the median of each figure."""
        samples = self.samples[side, at_once]
        names = samples[0].cpu_us
        return Sample(
            statistics.median(each.calls_per_s for each in samples),
            statistics.median(each.p50_ms for each in samples),
            statistics.median(each.p99_ms for each in samples),
            {name: statistics.median(each.cpu_us[name] for each in samples) for name in names},
        )

    def ratios(self, at_once: int) -> Iterator[tuple[str, str, float, float]]:
        """Yield ours, the other, the ratio of calls per second and that of the p99."""
        names = [side for side, count in self.samples if count == at_once]
        for ours in (name for name in names if name.startswith("ours")):
            for other in (name for name in names if not name.startswith("ours")):
                one, two = self.median(ours, at_once), self.median(other, at_once)
                yield ours, other, one.calls_per_s / two.calls_per_s, one.p99_ms / two.p99_ms

    def table(self) -> str:
        """Return the medians and the ratios, as text for a terminal."""
        lines = []
        for side, at_once in self.samples:
            lines.append(f"{side:13}{at_once:3} at once: {self.median(side, at_once)}")
        for at_once in dict.fromkeys(count for _, count in self.samples):
            for ours, other, calls, p99 in self.ratios(at_once):
                verdict = ""
                if at_once == 64:
                    reached = calls >= TARGET_CALLS and p99 <= TARGET_P99
                    verdict = (
                        f" (≥ {TARGET_CALLS:g}, ≤ {TARGET_P99:g}: {'yes' if reached else 'NO'})"
                    )
                lines.append(
                    f"{ours} than {other}, {at_once} at once: "
                    f"calls {calls:.2f}, p99 {p99:.2f}{verdict}"
                )
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
                {"ours": ours, "other": other, "at_once": at_once, "calls": calls, "p99": p99}
                for at_once in dict.fromkeys(count for _, count in self.samples)
                for ours, other, calls, p99 in self.ratios(at_once)
            ],
        }
