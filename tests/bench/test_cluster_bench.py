"""The comparison with NATS works: on three real nodes, with few clients; no figure is judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.broker_load.report import Case, Results, ratios
from tests.bench.test_broker_bench import cases, run


@pytest.mark.long
@pytest.mark.timeout(180)
def test_measures_three_nodes(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    run(
        *("--servers", "nats3", "--transports", "tcp", "--idle", "30"),
        *("--only", "calls,fan_out", "--json", str(kept)),
    )
    document = json.loads(kept.read_text())
    assert document["failures"] == []
    for measure, figure in (("calls", "calls_per_s"), ("fan_out", "last_arrival_ms")):
        assert cases(document, measure)["nats3", "tcp", 0][figure] > 0


def test_ratios_are_ours_to_each_other_server() -> None:
    results = Results({})
    for server, calls in (("ours", 600.0), ("nats3", 400.0), ("iotcore", 1200.0)):
        case = Case(server, "tcp", 50, "calls")
        results.samples[case].append({"calls_per_s": calls})
    head, _, row = ratios(results, judged=False).splitlines()
    assert head.endswith("| nats3 tcp | iotcore tcp |")
    assert row.endswith("| 1.50 | 0.50 |")
