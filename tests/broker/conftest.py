"""Brokers that several tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.broker.servers import Running, run_ours


@pytest.fixture
def broker() -> Iterator[Running]:
    """Our broker, open to anybody."""
    with run_ours() as running:
        yield running
