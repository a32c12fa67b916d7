"""The soak works, and finds nothing wrong in a few seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.soak import Outcome, State
from tests.bench.run import measured

REST = State(30 * 2**20, 30, {"sessions": 1})
FINE = Outcome(600, REST, REST, 60 * 2**20, 1000, 0, 0, 5, {"killed": 3})


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"lost": 2}, "2 messages were lost"),
        ({"twice": 1}, "1 messages of QoS 2 came twice"),
        ({"after": replace(REST, memory=40 * 2**20)}, "it is 10.0 MiB larger"),
        ({"after": replace(REST, descriptors=31)}, "1 more descriptors are open"),
        ({"after": replace(REST, counts={"sessions": 3})}, "left of {'sessions': 1}"),
    ],
)
def test_what_is_wrong_is_told(wrong: dict[str, Any], fault: str) -> None:
    (found,) = replace(FINE, **wrong).faults
    assert found.startswith(fault)
    assert FINE.faults == []


@pytest.mark.long
@pytest.mark.timeout(400)
def test_clients_come_and_go(tmp_path: Path) -> None:
    _, found = measured(tmp_path, "soak", "--seconds", "5", timeout=380)
    assert found["faults"] == []
    assert found["messages"] > 100
    assert found["reconnects"] > 0
    assert sum(found["churn"].values()) > 5
