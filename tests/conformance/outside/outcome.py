"""What came of the scripts on one broker, and the file that keeps it for the documentation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.conformance.outside.choice import Choice
from tests.conformance.outside.scripts import APART, FAILED, PASSED, Result
from tests.conformance.outside.sequences import NAME, Cases

FILE: Final = Path(__file__).with_name("outcome.json")


@dataclass
class Outcome:
    """The scripts that passed and failed, why others are apart, and the cases of sequences."""

    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    apart: dict[str, str] = field(default_factory=dict)
    cases: Cases = field(default_factory=lambda: Cases(0, ()))

    def add(self, script: str, result: Result) -> None:
        """Take the result of a script."""
        if result.verdict == APART:
            self.apart[script] = result.reason
        else:
            {PASSED: self.passed, FAILED: self.failed}[result.verdict].append(script)

    def summary(self, kind: str) -> str:
        """Return the figures in a line."""
        cases = self.cases
        return (
            f"{kind}: {len(self.passed)} scripts passed, {len(self.failed)} failed, "
            f"{len(self.apart)} apart; {cases.total - len(cases.failed)} of {cases.total} cases"
        )

    def faults(self, kind: str, choice: Choice) -> list[str]:
        """Return what is not as the choice says."""
        known = {script for entry in choice.of(kind) for script in entry.scripts}
        _, unknown = choice.explain(kind, self.cases.failed)
        found = [f"{script} failed" for script in self.failed if script not in known | {NAME}]
        found += [f"{script} passed after all" for script in self.passed if script in known]
        return found + unknown

    def record(self, kind: str, choice: Choice) -> dict[str, Any]:
        """Return what the documentation needs."""
        reasons, _ = choice.explain(kind, self.cases.failed)
        return {
            "passed": len(self.passed),
            "failed": sorted(self.failed),
            "apart": dict(sorted(Counter(map(_kind_of_reason, self.apart.values())).items())),
            "cases": self.cases.total,
            "cases_failed": dict(reasons),
        }


def _kind_of_reason(reason: str) -> str:
    return reason.partition(":")[0]


def write(release: str, outcomes: Mapping[str, Outcome]) -> None:
    """Keep the figures of a whole run."""
    choice = Choice.read()
    data = {
        "release": release,
        **{kind: outcome.record(kind, choice) for kind, outcome in outcomes.items()},
    }
    FILE.write_text(json.dumps(data, indent=1) + "\n")


def read() -> dict[str, Any]:
    """Return the figures that were kept."""
    data: dict[str, Any] = json.loads(FILE.read_text())
    return data
