"""Which availabilities the web side corrects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

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
TOPIC = "zapette/players/1/availability"


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


def published(
    monkeypatch: pytest.MonkeyPatch, lists: list[tuple[float, Callable[[Presence], set[str]]]]
) -> list[bytes]:
    """Return what is published for player 1, who is online when the nodes change.

    Args:
        monkeypatch: replaces the clock.
        lists: for each time that the nodes are asked, the seconds until they answer, and who is
            connected.
    """
    now = 0.0
    found: list[bytes] = []
    answers = iter(lists)

    async def connected() -> set[str]:
        nonlocal now
        seconds, answer = next(answers, (0, ended))
        now += seconds
        return answer(it)

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        assert now < 1000, "nobody looks again"

    monkeypatch.setattr(presence, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(presence, "asyncio", SimpleNamespace(sleep=sleep))
    it = Presence(lambda: "nodes", connected)
    it.take(TOPIC, "player-1", ONLINE, True)
    with pytest.raises(EndedError):
        asyncio.run(it.run(lambda _topic, payload: found.append(payload)))
    return found


class EndedError(Exception):
    """All lists were looked at."""


def ended(_: Presence) -> set[str]:
    raise EndedError


def nobody(_: Presence) -> set[str]:
    return set()


def back(_: Presence) -> set[str]:
    return {"player-1"}


def coming(it: Presence) -> set[str]:
    """Come after the nodes have listed their clients."""
    it.take(TOPIC, "player-1", ONLINE, False)
    return set()


def heard_again(it: Presence) -> set[str]:
    """Be heard again since the web side has connected again."""
    it.take(TOPIC, "player-1", ONLINE, True)
    return set()


@pytest.mark.parametrize(
    ("lists", "wanted"),
    [
        # a correction is looked at again, however long the nodes took
        ([(70, nobody), (0, back)], [OFFLINE, ONLINE]),
        ([(PATIENCE, coming), (0, back)], []),
        ([(PATIENCE, heard_again), (0, nobody)], [OFFLINE]),
    ],
)
def test_looks(
    monkeypatch: pytest.MonkeyPatch,
    lists: list[tuple[float, Callable[[Presence], set[str]]]],
    wanted: list[bytes],
) -> None:
    assert published(monkeypatch, lists) == wanted
