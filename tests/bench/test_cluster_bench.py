"""The comparison with NATS works: on three real nodes, with few clients; no figure is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

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
