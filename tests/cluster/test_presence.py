"""Which availabilities the web side corrects."""

from __future__ import annotations

from typing import Any

import pytest

from zapette_server.nats.presence import OFFLINE, ONLINE, PATIENCE, Availability, corrections

CHANGED = 1000.0


def player(payload: bytes, **more: Any) -> Availability:
    return Availability("player-1", payload, **more)


def service(payload: bytes, **more: Any) -> Availability:
    return Availability("service-lamp", payload, **more)


@pytest.mark.parametrize(
    ("known", "is_connected", "after", "wanted"),
    [
        (player(ONLINE), True, PATIENCE, []),
        (player(OFFLINE), False, PATIENCE, []),
        # its node was killed, and it may still come back
        (player(ONLINE), False, PATIENCE - 1, []),
        (player(ONLINE), False, PATIENCE, [OFFLINE]),
        (player(ONLINE, seen_at=CHANGED + 10), False, PATIENCE, []),
        # the will of an election was delivered, and maybe not retained
        (player(OFFLINE, left_at=CHANGED - 1), False, 1, [OFFLINE]),
        (player(OFFLINE, left_at=CHANGED - 60), False, 1, []),
        # the will of its earlier connection came late, maybe heard before its `online`
        (player(ONLINE, left_at=CHANGED + 1), True, 3, [ONLINE]),
        (player(ONLINE, left_at=CHANGED - 60), True, 3, []),
        (player(OFFLINE, left_at=CHANGED + 1), True, 3, [ONLINE]),
        # it may just be leaving
        (player(OFFLINE, left_at=CHANGED + 1), True, 2, []),
        # it came back while a correction was on its way
        (player(ONLINE, corrected=True), True, 2, [ONLINE]),
        (player(OFFLINE, corrected=True), False, PATIENCE, []),
        # the client of a program that nobody has seen may have any id
        (service(ONLINE), False, PATIENCE, []),
        (service(ONLINE, seen_at=CHANGED - 60), False, PATIENCE, [OFFLINE]),
        (service(OFFLINE, left_at=CHANGED - 1), False, 1, []),
        (service(OFFLINE, left_at=CHANGED + 1), True, 3, [ONLINE]),
    ],
)
def test_corrections(
    known: Availability, is_connected: bool, after: float, wanted: list[bytes]
) -> None:
    connected = {known.client} if is_connected else set()
    found = corrections({"it": known}, connected, CHANGED, CHANGED + after)
    assert list(found) == [("it", it) for it in wanted]
