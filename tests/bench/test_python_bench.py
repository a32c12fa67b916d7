"""The benchmark of the Python library works; no figure is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.python_load.report import Results, Sample

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
@pytest.mark.timeout(180)
def test_measures_our_library_in_each_way(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    sides = ["ours-tcp", "ours-ws", "ours-threads"]
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "bench.python_calls", "--silent", "--json", str(kept)),
            *("--sides", ",".join(sides), "--repeats", "1", "--seconds", "0.3"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert finished.returncode == 0, finished.stderr
    cases = json.loads(kept.read_text())["cases"]
    found = {(case["side"], case["at_once"]) for case in cases}
    assert found == {(side, at_once) for side in sides for at_once in (1, 64)}
    for case in cases:
        assert case["median"]["calls_per_s"] > 0
        assert set(case["median"]["cpu_us"]) == {"server", "callee", "caller"}
        assert all(used > 0 for used in case["median"]["cpu_us"].values())
    assert "ours-ws       64 at once" in finished.stdout


def test_ratios_are_judged() -> None:
    results = Results({})
    results.add("ours-tcp", 64, Sample.of(1.0, [1.0] * 98 + [2.0, 4.0], {"server": 0.01}))
    for calls in (50, 40, 30):
        results.add("autobahn-ws", 64, Sample.of(2.0, [9.0] * calls, {"server": 0.1}))
    ((ours, other, calls_ratio, p99),) = results.ratios(64)
    assert (ours, other, calls_ratio) == ("ours-tcp", "autobahn-ws", 5.0)
    assert p99 == 4.0 / 9.0
    assert "calls 5.00, p99 0.44 (≥ 3, ≤ 0.5: yes)" in results.table()
