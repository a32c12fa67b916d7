"""PINGREQ and PINGRESP."""

from __future__ import annotations

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.answers import PingResp
from tests.conformance.wire.packets import PINGREQ


@pytest.mark.proves(v311="3.12.4-1", v5="3.12.4-1")
def test_each_ping_is_answered(clients: Clients) -> None:
    """Three PINGREQ in one segment bring three PINGRESP."""
    client = clients.connect()
    client.send(PINGREQ * 3)
    for _ in range(3):
        client.expect(PingResp)
