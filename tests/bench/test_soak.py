"""The soak works, and finds nothing wrong in a few seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(400)
def test_clients_come_and_go(tmp_path: Path) -> None:
    kept = tmp_path / "soak.json"
    finished = subprocess.run(
        [sys.executable, "-m", "bench.soak", "--seconds", "5", "--json", str(kept)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=380,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    found = json.loads(kept.read_text())
    assert found["faults"] == []
    assert found["messages"] > 100
    assert found["reconnects"] > 0
    assert sum(found["passers"].values()) > 5
