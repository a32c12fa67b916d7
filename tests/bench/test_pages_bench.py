"""The bench of the pages runs and measures what it says, here with tiny counts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_all_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    counts = ["--taps", "8", "--calls", "8", "--loads", "1", "--without-seed", "--json", str(file)]
    run = subprocess.run(
        [sys.executable, "-m", "bench.pages", *counts], capture_output=True, text=True, timeout=110
    )
    assert run.returncode == 0, run.stderr
    figures = json.loads(file.read_text())
    assert figures.keys() == {"ours", "floor"}
    for name, one in figures.items():
        assert len(one["taps"]["to_video"]) == len(one["taps"]["to_button"]) == 8
        for video, button in zip(one["taps"]["to_video"], one["taps"]["to_button"], strict=True):
            # the clocks of two renderers may be a little apart
            assert 0 < video < button + 0.002 < 10
        assert len(one["calls"]) == 8
        assert all(0 < it < 10 for it in one["calls"])
        for load in (*one["cold"], *one["warm"]):
            assert 0 < load["seconds"] < 30
            assert load["requests"] >= 1
        assert one["cold"][0]["wire"] > 0
        assert (one["player"] is not None) == (name == "ours")
    assert figures["ours"]["cold"][0]["unpacked"] > 100_000
    for line in ("tap to video, p50", "tap to button, p99", "remote live", "page weight"):
        assert line in run.stdout
