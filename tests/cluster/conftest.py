"""One system on three NATS servers, for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.programs.nats_cluster import SystemOnNats

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
def on_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemOnNats]:
    system = SystemOnNats(tmp_path_factory.mktemp("on-nats"))
    with system:
        system.wait_for_lead()
        yield system
