"""Which address goes into the QR code."""

from __future__ import annotations

import pytest

from webapp.network import Candidate, candidates, rank

WIFI = Candidate("192.168.1.5", "wlan0")
WIRE = Candidate("10.0.0.7", "eth0")
DOCKER = Candidate("172.17.0.1", "docker0")
VPN = Candidate("10.8.0.2", "tun0")
PUBLIC = Candidate("203.0.113.9", "eth1")
LOOPBACK = Candidate("127.0.0.1", "lo")
LINK_LOCAL = Candidate("169.254.3.4", "eth2")


@pytest.mark.parametrize(
    ("addresses", "default", "expected"),
    [
        ([LOOPBACK, DOCKER, WIFI], None, [WIFI, DOCKER]),
        ([VPN, WIFI], VPN.ip, [WIFI, VPN]),
        ([WIRE, WIFI], WIRE.ip, [WIRE, WIFI]),
        ([WIRE, WIFI], None, [WIFI, WIRE]),
        ([PUBLIC, WIRE], None, [WIRE, PUBLIC]),
        ([LOOPBACK, LINK_LOCAL], None, []),
        ([], None, []),
    ],
)
def test_rank(addresses: list[Candidate], default: str | None, expected: list[Candidate]) -> None:
    assert rank(addresses, default) == expected


def test_one_bound_address_is_the_only_candidate() -> None:
    assert [candidate.ip for candidate in candidates("127.0.0.1")] == ["127.0.0.1"]


def test_this_machine() -> None:
    assert all(not candidate.ip.startswith("127.") for candidate in candidates())
