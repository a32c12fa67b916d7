"""`make test` leaves the long tests out, and CI runs them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

from zapette_server.paths import ROOT

LONG = "tests/faults/test_kills.py::test_what_was_acknowledged_survives"
USUAL = "tests/test_tiers.py::test_ci_ends_with_every_test"


def collected(command: str) -> set[str]:
    """Return which of two tests are collected where `command` starts pytest."""
    # make hands its variables on, such as LONG
    alone = {name: it for name, it in os.environ.items() if name not in {"MAKEFLAGS", "LONG"}}
    recipe = subprocess.run(
        [*shlex.split(command), "--dry-run"],
        cwd=ROOT, env=alone, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (arguments,) = re.findall(r"^scripts/test\.sh (.*)$", recipe, re.MULTILINE)
    found = subprocess.run(
        [sys.executable, "-m", "pytest", *shlex.split(arguments), "--collect-only", "-q",
         LONG, USUAL],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    return {LONG, USUAL}.intersection(found.stdout.splitlines())


def test_ci_ends_with_every_test() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if line.startswith("make test")] == lines[-1:]
    assert collected(lines[-1]) == {LONG, USUAL}


def test_long_tests_are_left_out_otherwise() -> None:
    assert collected("make test") == {USUAL}
