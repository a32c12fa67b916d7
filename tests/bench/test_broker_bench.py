"""The broker benchmark works: on real servers, with few clients, and no figure is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bench.run import finished, measured

QUICK = ("broker", "--quick")


def cases(document: Any, measure: str) -> dict[tuple[str, str, int], dict[str, float]]:
    return {
        (case["server"], case["transport"], case["others"]): case["median"]
        for case in document["cases"]
        if case["measure"] == measure
    }


@pytest.mark.long
@pytest.mark.timeout(180)
def test_measures_both_servers_over_both_transports(tmp_path: Path) -> None:
    shown, document = measured(
        tmp_path,
        *(*QUICK, "--servers", "ours,mosquitto", "--idle", "30"),
        *("--only", "connections,calls,latency,fan_out,memory"),
    )
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
    assert "| ratios | ours / mosquitto ws | ours / mosquitto tcp |" in shown
    assert shown.count("| ours | ws | 30 | 0 |") == 1
    assert shown.count("| mosquitto | tcp | 30 | 0 |") == 1


@pytest.mark.long
@pytest.mark.timeout(180)
def test_compares_servers_with_and_without_others(tmp_path: Path) -> None:
    growth = ("--transports", "tcp", "--only", "growth", "--others", "0,600")
    _, document = measured(tmp_path, *QUICK, "--servers", "ours", *growth)
    assert document["failures"] == []
    assert set(cases(document, "calls")) == {("ours", "tcp", 0), ("ours", "tcp", 600)}


@pytest.mark.long
@pytest.mark.timeout(180)
def test_holds_clients_and_has_their_pings_answered(tmp_path: Path) -> None:
    hold = ("--transports", "ws", "--only", "hold", "--held", "50", "--hold-seconds", "3")
    _, document = measured(tmp_path, *QUICK, "--servers", "ours", *hold)
    assert document["failures"] == []
    (median,) = cases(document, "hold").values()
    assert median["clients"] == 50
    assert median["ping_p99_ms"] > 0


def test_an_unknown_server_is_refused_by_name() -> None:
    run = finished("broker", "--servers", "ours,emqx", timeout=60)
    assert run.returncode == 2
    assert "'emqx' is none of ours, mosquitto, crossbar, amqtt" in run.stderr
