"""Which availabilities the web side corrects."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from tests.waiting import SLACK
from zapette_server.nats import presence
from zapette_server.nats.presence import (
    OFFLINE,
    ONLINE,
    PATIENCE,
    Availability,
    Presence,
    corrections,
)

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
        # it came after the nodes were asked
        (player(ONLINE, came_at=CHANGED + 59), False, 60, []),
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


def test_a_correction_is_looked_at_again_however_long_the_nodes_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(presence, "PATIENCE", 0)
    monkeypatch.setattr(presence, "_DOUBT", 0.02)
    monkeypatch.setattr(presence, "_INTERVAL", 0.01)
    published: list[bytes] = []

    async def main() -> None:
        lists = iter([set[str]()])
        is_right = asyncio.Event()

        async def connected() -> set[str]:
            await asyncio.sleep(0.1)
            return next(lists, {"player-1"})

        def publish(_topic: str, payload: bytes) -> None:
            published.append(payload)
            if payload == ONLINE:
                is_right.set()

        it = Presence(lambda: "nodes", connected)
        it.take("topic", "player-1", ONLINE, True)
        running = asyncio.create_task(it.run(publish))
        async with asyncio.timeout(SLACK):
            await is_right.wait()
        running.cancel()

    asyncio.run(main())
    assert published == [OFFLINE, ONLINE]


def test_who_comes_while_the_nodes_are_asked_has_not_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "PATIENCE", 1)
    monkeypatch.setattr(presence, "_INTERVAL", 0)
    published: list[bytes] = []

    async def main() -> None:
        looks = itertools.count()
        looked = asyncio.Event()

        async def connected() -> set[str]:
            if next(looks):
                looked.set()
                return {"player-1"}
            await asyncio.sleep(presence.PATIENCE + 0.1)
            it.take("topic", "player-1", ONLINE, False)
            return set()

        it = Presence(lambda: "nodes", connected)
        running = asyncio.create_task(it.run(lambda _topic, payload: published.append(payload)))
        async with asyncio.timeout(SLACK):
            await looked.wait()
        running.cancel()

    asyncio.run(main())
    assert not published
