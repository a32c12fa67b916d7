"""A client whose id another one has taken while it could not reach the broker."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.programs.mosquitto import Mosquitto
from tests.waiting import HANG_TIMEOUT, eventually
from tests.zapette.mqtt.test_dialing import V5, OnlyOld
from zapette.client.client import Client
from zapette.mqtt.dialing import Timing
from zapette.mqtt.persistent_connection import PersistentConnection
from zapette.protocol.topics import Topics


@pytest.mark.parametrize("was_there", [False, True])
def test_it_stays_away_when_it_comes_back(
    mosquitto: Mosquitto,
    connect: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
    was_there: bool,
) -> None:
    """Also if it was there for a moment meanwhile, and was cut off before it was live."""
    service = {"client_id": "server", "callee": Topics().server, "procedures": {"id": lambda: ""}}
    cable = OnlyOld(mosquitto.url)
    cable.knows = {V5}
    first = connect(cable.url, timing=Timing(longest_delay=0.5), **service)
    replaced, lost = threading.Event(), threading.Event()
    first.on_replaced = replaced.set

    async def cut_off(*_: object, **__: object) -> bool:
        monkeypatch.undo()
        cable.knows = set()
        cable.cut()
        return False

    if was_there:
        monkeypatch.setattr(PersistentConnection, "_begin", cut_off)
    else:
        cable.knows = set()
    try:
        cable.cut()
        eventually(lambda: not cable.knows, "it is cut off for longer")
        tries = len(cable.asked)
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
