"""What was measured, as plain data: kept, summed up and written as JSON; no measuring here."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.broker_load.window import Sample

LOAD_LIMIT: Final = 0.9
"""From here on the load may have been what was slow, not the server."""

DISTURBED_LIMIT: Final = 0.1
"""From here on other programs may have been what was slow."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a sample is of.

    Attributes:
        server: the server's name.
        transport: ``ws`` or ``tcp``.
        idle: idle clients.
        measure: the measure's name.
        others: other subscriptions, and as many retained messages.
    """

    server: str
    transport: str
    idle: int
    measure: str
    others: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A measure that did not work.

    Attributes:
        case: which one.
        message: why.
    """

    case: Case
    message: str


@dataclass(slots=True)
class Results:
    """Everything that one run found.

    Attributes:
        about: the machine, the versions, the effort.
        samples: by case, in the order of their taking.
        failures: what did not work.
    """

    about: Mapping[str, object]
    samples: dict[Case, list[Sample]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def add(self, case: Case, sample: Sample) -> None:
        """Keep a sample."""
        self.samples.setdefault(case, []).append(sample)

    def value(self, case: Case, name: str) -> float | None:
        """Return the median of a figure over the samples of a case; None if there is none."""
        values = [
            sample.values[name] for sample in self.samples.get(case, []) if name in sample.values
        ]
        return statistics.median(values) if values else None

    def most_idle(self) -> int:
        """Return the largest number of idle clients of any case, not counting those only held."""
        held = {case.idle for case in self.samples if case.measure == "hold"}
        return max((case.idle for case in self.samples if case.idle not in held), default=0)

    def marks(self, case: Case) -> str:
        """Return ``*`` if the load was at its limit, ``~`` if other programs disturbed."""
        samples = self.samples.get(case, [])
        marks = ""
        if samples and _median(sample.load_busy for sample in samples) > LOAD_LIMIT:
            marks += "*"
        if samples and _median(sample.disturbed for sample in samples) > DISTURBED_LIMIT:
            marks += "~"
        return marks

    def write(self, file: Path) -> None:
        """Write everything as JSON."""
        document = {
            "about": dict(self.about),
            "cases": [
                dataclasses.asdict(case)
                | {
                    "median": {name: self.value(case, name) for name in sorted(_names(samples))},
                    "marks": self.marks(case),
                    "samples": [dataclasses.asdict(sample) for sample in samples],
                }
                for case, samples in self.samples.items()
            ],
            "failures": [dataclasses.asdict(failure) for failure in self.failures],
        }
        file.write_text(json.dumps(document, indent=1) + "\n")


def _names(samples: Iterable[Sample]) -> set[str]:
    return {name for sample in samples for name in sample.values}


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)
