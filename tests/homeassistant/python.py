"""A Python that Home Assistant runs on: the one of `make test-homeassistant`, or another."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COVERAGE = Path(__file__).parent / "coverage.ini"
MADE = ROOT / ".venv-homeassistant" / "bin" / "python"


def environment() -> dict[str, str]:
    """Return the environment for that Python: nothing of the project's, and compiled code kept.

    Home Assistant has thousands of modules; without their compiled code it starts in seconds more.
    """
    return {
        key: value
        for key, value in os.environ.items()
        if "ZAPETTE_" not in key and key not in {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    }


@cache
def find() -> str | None:
    """Return a Python that has Home Assistant and its test kit; None if there is none here.

    Raises:
        RuntimeError: the one that was made for it is broken, which is no reason to test less.
    """
    for made in (os.environ.get("ZAPETTE_HA_PYTHON"), MADE if MADE.exists() else None):
        if made:
            if not _has_home_assistant(str(made)):
                raise RuntimeError(f"{made} has no Home Assistant: remove it, or make it again")
            return str(made)
    found = shutil.which("python3.14")
    return found if found and _has_home_assistant(found) else None


def command(module: str, *arguments: str) -> list[str]:
    """Return what runs a module in it; ``ZAPETTE_TEST_COVERAGE`` names the file for what is run.

    Raises:
        RuntimeError: there is no such Python here, or a broken one.
    """
    found = find()
    if found is None:
        raise RuntimeError("no Python here has Home Assistant")
    data = os.environ.get("ZAPETTE_TEST_COVERAGE")
    if data is None:
        return [found, "-m", module, *arguments]
    run = ["coverage", "run", f"--rcfile={COVERAGE}", f"--data-file={data}", "-m"]
    return [found, "-m", *run, module, *arguments]


def _has_home_assistant(python: str) -> bool:
    try:
        tried = subprocess.run(
            [python, "-c", "import homeassistant.const, pytest_homeassistant_custom_component"],
            capture_output=True,
            timeout=60,
        )
    except OSError:
        return False
    return tried.returncode == 0
