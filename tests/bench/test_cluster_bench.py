"""The comparison with NATS works on three real nodes; no figure of speed is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cluster_load.kills import faults
from bench.cluster_load.shared_parts import Part
from tests.bench.run import measured
from tests.bench.test_broker_bench import QUICK, cases


@pytest.mark.long
@pytest.mark.timeout(180)
def test_measures_three_nodes(tmp_path: Path) -> None:
    few = ("--transports", "tcp", "--idle", "30", "--only", "calls,fan_out")
    _, document = measured(tmp_path, *QUICK, "--servers", "nats3", *few)
    assert document["failures"] == []
    for measure, figure in (("calls", "calls_per_s"), ("fan_out", "last_arrival_ms")):
        assert cases(document, measure)["nats3", "tcp", 0][figure] > 0


@pytest.mark.long
@pytest.mark.timeout(180)
def test_measures_revocations(tmp_path: Path) -> None:
    table, document = measured(tmp_path, "cluster", "--revocations", "2")
    times = document["revocations"]
    names = ("node-1", "node-2", "node-3", "all nodes")
    assert {name: len(it) for name, it in times.items()} == dict.fromkeys(names, 2)
    assert all(it > 0 for found in times.values() for it in found)
    assert "| all nodes |" in table


def test_what_must_not_happen_is_a_fault() -> None:
    found = {"states behind": "3", "lost": "0", "of quiet ones": "0 of 1", "differ": "0"}
    parts = [
        Part("node 1 killed", {}, found),
        Part("node 2 killed", {}, found | {"lost": "2"}),
        Part("node 2 cut off", {}, found | {"differ": "1"}),
        Part("database killed", {}, {"answered twice": "0"}),
        Part("a web side cut off", {}, {"answered twice": "3"}),
    ]
    assert faults(parts) == [
        "node 2 killed: 2 acknowledged states lost",
        "node 2 cut off: 1 states differ on nodes",
        "a web side cut off: 3 calls of the server answered twice",
    ]
