"""Two web sides on three NATS servers and one PostgreSQL, for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.programs.nats_cluster import SystemOnNats
from tests.programs.two_web_sides import TwoWebSides

# nodes that restart one after the other take minutes: `make test-cluster` has them
collect_ignore = (
    []
    if os.environ.get("TEST_CLUSTER")
    else [
        "test_changes.py",
        "test_frozen_node.py",
        "test_lost_wills.py",
        "test_newcomers.py",
        "test_tls_on_nats.py",
    ]
)


@pytest.fixture(scope="package")
def two_web_sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoWebSides]:
    with TwoWebSides(tmp_path_factory.mktemp("on-nats")) as running:
        yield running


@pytest.fixture(scope="package")
def on_nats(two_web_sides: TwoWebSides) -> SystemOnNats:
    """Return the first web side, with the nodes."""
    return two_web_sides.first
