"""The bench of the pages runs and measures what it says, here with tiny counts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.long
def test_all_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    counts = ["--taps", "12", "--calls", "12", "--loads", "1", "--turns", "2"]
    run = subprocess.run(
        [sys.executable, "-m", "bench.pages", *counts, "--without-seed", "--json", str(file)],
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert run.returncode == 0, run.stderr
    figures = json.loads(file.read_text())
    assert figures.keys() == {"ours", "floor"}
    for name, one in figures.items():
        for way in ("tap", "press"):
            to_video, to_button = (one["taps"][f"{way}_to_{end}"] for end in ("video", "button"))
            assert len(to_video) == len(to_button) == 12
            for video, button in zip(to_video, to_button, strict=True):
                # the clocks of two renderers may be a little apart
                assert 0 < video < button + 0.002 < 10
        assert len(one["calls"]) == 12
        assert all(0 < it < 10 for it in one["calls"])
        assert len(one["cold"]) == len(one["warm"]) == 2
        assert all(0 < it < 30 for it in (*one["cold"], *one["warm"]))
        for weight in one["weights"].values():
            assert weight["requests"] >= 1
        assert one["weights"]["remote"]["wire"] > 0
        assert ("player" in one["weights"]) == (name == "ours")
    assert figures["ours"]["weights"]["remote"]["unpacked"] > 100_000
    measured = ("tap to video, p50", "press to button, p99", "remote live", "page weight")
    for line in measured:
        assert line in run.stdout
