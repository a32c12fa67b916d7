"""One system on three NATS servers, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.nats_cluster import SystemOnNats


@pytest.fixture(scope="package")
def on_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemOnNats]:
    system = SystemOnNats(tmp_path_factory.mktemp("on-nats"))
    with system:
        yield system
