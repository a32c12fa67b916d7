"""The broker benchmark works: on real servers, with few clients, and no figure is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-m", "bench.broker", "--quick", "--silent", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def cases(document: Any, measure: str) -> dict[tuple[str, str, int], dict[str, float]]:
    return {
        (case["server"], case["transport"], case["others"]): case["median"]
        for case in document["cases"]
        if case["measure"] == measure
    }


@pytest.mark.long
@pytest.mark.timeout(180)
def test_measures_both_servers_over_both_transports(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    shown = run(
        *("--servers", "ours,mosquitto", "--idle", "30"),
        *("--only", "connections,calls,latency,fan_out,memory"),
        *("--json", str(kept)),
    )
    document = json.loads(kept.read_text())
    everybody = {(name, way, 0) for name in ("ours", "mosquitto") for way in ("ws", "tcp")}
    assert document["failures"] == []
    for measure, figure in (
        ("connections", "connections_per_s"),
        ("calls", "calls_per_s"),
        ("latency", "p99_ms"),
        ("fan_out", "last_arrival_ms"),
        ("memory", "server_mib"),
    ):
        found = cases(document, measure)
        assert set(found) == everybody
        assert all(median[figure] > 0 for median in found.values())
    assert "ours at 30 idle clients" in shown
    assert shown.count("| ours | ws | 30 |") == 1
    assert shown.count("| mosquitto | tcp | 30 |") == 1


@pytest.mark.long
@pytest.mark.timeout(180)
def test_compares_servers_with_and_without_others(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    run(
        *("--servers", "ours", "--transports", "tcp", "--only", "growth"),
        *("--others", "0,600", "--json", str(kept)),
    )
    document = json.loads(kept.read_text())
    assert document["failures"] == []
    assert set(cases(document, "growth_calls")) == {("ours", "tcp", 0), ("ours", "tcp", 600)}


@pytest.mark.long
@pytest.mark.timeout(180)
def test_holds_clients_and_has_their_pings_answered(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    run(
        *("--servers", "ours", "--transports", "ws", "--only", "hold"),
        *("--held", "50", "--hold-seconds", "3", "--json", str(kept)),
    )
    document = json.loads(kept.read_text())
    assert document["failures"] == []
    (median,) = cases(document, "hold").values()
    assert median["clients"] == 50
    assert median["ping_p99_ms"] > 0


def test_an_unknown_server_is_refused_by_name() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "bench.broker", "--servers", "ours,emqx"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 2
    assert "'emqx' is none of ours, mosquitto, crossbar, amqtt" in finished.stderr
