"""Runs a benchmark as its users do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from zapette_server.paths import ROOT


def finished(name: str, *arguments: str, timeout: float = 150) -> subprocess.CompletedProcess[str]:
    """Run ``python -m bench.NAME``."""
    return subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def measured(folder: Path, name: str, *arguments: str, timeout: float = 150) -> tuple[str, Any]:
    """Run a benchmark that must succeed; return what it printed and what it kept."""
    kept = folder / "results.json"
    run = finished(name, *arguments, "--json", str(kept), timeout=timeout)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout, json.loads(kept.read_text())
