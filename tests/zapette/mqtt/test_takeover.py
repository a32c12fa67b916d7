"""A client whose id another one has taken while it could not reach the broker."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.programs.mosquitto import Mosquitto
from tests.waiting import HANG_TIMEOUT, eventually
from tests.zapette.mqtt.test_dialing import V5, OnlyOld
from zapette.client.client import Client
from zapette.mqtt.dialing import Timing
from zapette.protocol.topics import Topics


def test_it_stays_away_when_it_comes_back(
    mosquitto: Mosquitto, connect: Callable[..., Client]
) -> None:
    service = {"client_id": "server", "callee": Topics().server, "procedures": {"id": lambda: ""}}
    cable = OnlyOld(mosquitto.url)
    cable.knows = {V5}
    first = connect(cable.url, timing=Timing(longest_delay=0.5), **service)
    replaced, lost = threading.Event(), threading.Event()
    first.on_replaced = replaced.set
    cable.knows, tries = set(), len(cable.asked)
    try:
        cable.cut()
        eventually(lambda: len(cable.asked) > tries + 1, "it has tried twice, in vain")
        second = connect(mosquitto.url, **service)
        second.on_lost = lambda _: lost.set()
        cable.knows = {V5}
        assert replaced.wait(HANG_TIMEOUT)
        assert second.is_live
        assert not lost.is_set()
    finally:
        first.stop()
        cable.stop()
