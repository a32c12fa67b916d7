"""Which availabilities the web side corrects."""

from __future__ import annotations

import pytest

from zapette_server.nats.presence import OFFLINE, ONLINE, PATIENCE, Availability, corrections

CHANGED = 1000.0


@pytest.mark.parametrize(
    ("known", "is_connected", "after", "wanted"),
    [
        (Availability(ONLINE), True, PATIENCE, []),
        (Availability(OFFLINE), False, PATIENCE, []),
        # its node was killed, and it may still come back
        (Availability(ONLINE), False, PATIENCE - 1, []),
        (Availability(ONLINE), False, PATIENCE, [OFFLINE]),
        (Availability(ONLINE, seen_at=CHANGED + 10), False, PATIENCE, []),
        # the will of an election was delivered, and maybe not retained
        (Availability(OFFLINE, left_at=CHANGED - 1), False, 1, [OFFLINE]),
        (Availability(OFFLINE, left_at=CHANGED - 60), False, 1, []),
        # the will of its earlier connection came late, maybe heard before its `online`
        (Availability(ONLINE, left_at=CHANGED + 1), True, 3, [ONLINE]),
        (Availability(ONLINE, left_at=CHANGED - 60), True, 3, []),
        (Availability(OFFLINE, left_at=CHANGED + 1), True, 3, [ONLINE]),
        # it may just be leaving
        (Availability(OFFLINE, left_at=CHANGED + 1), True, 2, []),
        # it came back while a correction was on its way
        (Availability(ONLINE, corrected=True), True, 2, [ONLINE]),
        (Availability(OFFLINE, corrected=True), False, PATIENCE, []),
    ],
)
def test_corrections(
    known: Availability, is_connected: bool, after: float, wanted: list[bytes]
) -> None:
    connected = {"it"} if is_connected else set()
    found = corrections({"it": known}, connected, CHANGED, CHANGED + after)
    assert list(found) == [("it", it) for it in wanted]
