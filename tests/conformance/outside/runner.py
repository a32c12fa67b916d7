"""Runs chosen scripts on one broker, side by side, and tells of each as it is done."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.outside import sequences
from tests.conformance.outside.choice import Choice
from tests.conformance.outside.outcome import Outcome
from tests.conformance.outside.scripts import APART, FAILED, PASSED, Result, Script, run
from tests.conformance.outside.sequences import Cases


@dataclass(frozen=True)
class Runner:
    """How scripts are run: `seconds` for one of them, `jobs` side by side."""

    kind: str
    root: Path
    choice: Choice
    seconds: float
    jobs: int
    show: bool = False

    def run(self, scripts: Sequence[Script]) -> Outcome:
        """Run them all."""
        outcome = Outcome()
        with ThreadPoolExecutor(self.jobs) as pool:
            for script, (result, cases) in zip(scripts, pool.map(self._one, scripts), strict=True):
                outcome.add(script.name, result)
                outcome.cases = cases or outcome.cases
                self._tell(script, result)
        return outcome

    def _tell(self, script: Script, result: Result) -> None:
        sys.stdout.write(f"{self.kind} {result.verdict} {script.name} {result.reason}".rstrip())
        sys.stdout.write("\n")
        if self.show and result.verdict == FAILED:
            sys.stdout.write(result.output)
        sys.stdout.flush()

    def _one(self, script: Script) -> tuple[Result, Cases | None]:
        why = self.choice.why_apart(script.name)
        if why:
            return Result(APART, why), None
        if script.name == sequences.NAME:
            cases = sequences.play(script, self.root, self.seconds)
            text = "\n".join(cases.failed) + "\n"
            return Result(FAILED if cases.failed else PASSED, output=text), cases
        return run(script, self.root, self.seconds), None
