"""The benchmark of claims works, in a moment."""

from __future__ import annotations

from pathlib import Path

from tests.bench.run import measured


def test_claims_of_two_processes_are_counted(tmp_path: Path) -> None:
    said, kept = measured(tmp_path, "claims", "--seconds", "0.5", "--threads", "2")
    assert kept["claims_per_s"] > 1
    assert said == f"{kept['claims_per_s']:.0f} claims/s\n"
