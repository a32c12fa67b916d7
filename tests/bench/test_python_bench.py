"""The benchmark of the Python library works; no figure is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.python_calls import Case, tables
from bench.results import Samples
from tests.bench.run import measured


@pytest.mark.long
@pytest.mark.timeout(180)
def test_measures_our_library_in_each_way(tmp_path: Path) -> None:
    sides = ["ours-tcp", "ours-ws", "ours-threads"]
    short = ("--sides", ",".join(sides), "--repeats", "1", "--seconds", "0.3")
    shown, document = measured(tmp_path, "python_calls", *short)
    cases = document["cases"]
    found = {(case["side"], case["at_once"]) for case in cases}
    assert found == {(side, at_once) for side in sides for at_once in (1, 64)}
    for case in cases:
        assert case["median"]["calls_per_s"] > 0
        used = {name: case["median"][name] for name in ("server_us", "callee_us", "caller_us")}
        assert {name for name in case["median"] if name.endswith("_us")} == set(used)
        assert all(cpu > 0 for cpu in used.values())
    assert "| ours-ws | 64 |" in shown


def test_ours_is_compared_with_the_other_library() -> None:
    samples: Samples[Case] = Samples()
    samples[Case("ours-tcp", 64)].append({"calls_per_s": 100.0, "p99_ms": 4.0})
    for calls in (25.0, 20.0, 15.0):
        samples[Case("autobahn-ws", 64)].append({"calls_per_s": calls, "p99_ms": 9.0})
    assert tables(samples).splitlines()[-1] == "| ours-tcp / autobahn-ws | 64 | 5.00 | 0.44 |"
