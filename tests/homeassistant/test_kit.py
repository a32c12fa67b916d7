"""The tests that run in Home Assistant's own Python and test kit."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.homeassistant import python
from tests.programs.system import System

KIT = Path(__file__).parent / "kit"

LONGEST = 900
"""Seconds after which a run counts as stuck.

Alone on the machine the kit takes 80 s of nearly one core, of which others leave it a third.
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        python.command(*arguments),
        cwd=python.ROOT,
        env=python.environment() | environment,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )


@pytest.mark.timeout(LONGEST)
def test_in_the_test_kit(system: System) -> None:
    broker = system.household()
    account = f"{broker.username}:{broker.password}"
    done = run(
        "pytest", "-q", "-c", str(KIT / "pytest.ini"), "--rootdir", str(KIT), str(KIT),
        ZAPETTE_KIT_BROKER=f"mqtt://{account}@{broker.host}:{broker.port}",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-10000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


@pytest.mark.timeout(LONGEST)
def test_types() -> None:
    done = run(
        "mypy", "--strict", "--implicit-reexport", "--config-file", os.devnull,
        "--cache-dir", os.devnull, "custom_components/zapette",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-10000:] + done.stderr[-2000:]
