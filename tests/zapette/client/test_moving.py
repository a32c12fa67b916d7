"""What is called to move what plays to another player, in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from zapette.client.client import Client
from zapette.client.players.moving import Move
from zapette.client.players.player import AsyncPlayer, Player
from zapette.errors import CallError, GestureRequired, InvalidArgument, NotSupported
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics

STATE: dict[str, Any] = {
    "source": "media/b.mp4",
    "title": "b",
    "playing": True,
    "position": 40.0,
    "rate": 1.5,
    "repeat": "all",
    "shuffle": True,
    "queue": {"index": 1, "items": [{"source": f"media/{it}.mp4", "title": it} for it in "ab"]},
    "audio": {"active": "1", "tracks": [{}, {}]},
    "subtitles": {"active": None, "tracks": [{}], "delay": 2},
}
MOVED = [
    ("there", "status", {}),
    ("there", "queue/clear", {}),
    ("there", "shuffle", {"on": True}),
    ("there", "repeat", {"mode": "all"}),
    ("there", "queue/add", {"source": "media/a.mp4", "title": "a"}),
    ("there", "queue/add", {"source": "media/b.mp4", "title": "b"}),
    ("there", "jump", {"index": 1}),
    ("there", "seek", {"position": 40.0}),
    ("there", "audio", {"track": "1"}),
    ("there", "subtitles", {"track": None}),
    ("there", "subtitles/delay", {"seconds": 2}),
    ("there", "rate", {"factor": 1.5}),
]


def run(here: dict[str, Any], there: dict[str, Any], failing: Mapping[str, CallError]) -> list[Any]:
    """Move, and return the calls; the second player answers `there` or fails."""
    calls: list[Any] = []
    move = Move()
    while (step := move.step) is not None:
        if not (step.is_origin and step.procedure == "status"):
            who = "here" if step.is_origin else "there"
            calls.append((who, step.procedure, step.parameters))
        error = None if step.is_origin else failing.get(step.procedure)
        try:
            if error is None:
                move.answered(here if step.is_origin else there)
            else:
                move.failed(error)
        except CallError as failed:
            calls.append(failed)
            return calls
    return calls


@pytest.mark.parametrize("off", [0.3, 5.0])
def test_everything_moves_and_the_origin_pauses_last(off: float) -> None:
    found = run(STATE, STATE | {"position": 40 + off}, {})
    again = [("there", "seek", {"position": 40.0})] if off > 0.5 else []
    end: list[Any] = [("here", "pause", {}), ("there", "status", {})]
    assert found == [*MOVED, ("there", "status", {}), *again, *end]


def test_what_the_other_cannot_give_is_left_out() -> None:
    lacking = {it: NotSupported("no") for it in ("audio", "subtitles", "rate", "seek")}
    assert run(STATE, STATE, lacking)[-2] == ("here", "pause", {})


def test_a_paused_film_stays_paused() -> None:
    found = run(STATE | {"playing": False}, STATE, {})
    assert ("there", "pause", {}) in found
    assert ("here", "pause", {}) not in found


@pytest.mark.parametrize("there", [{"gesture_required": True}, {"error": {"message": "no"}}])
def test_the_origin_continues_if_the_other_does_not_play(there: dict[str, Any]) -> None:
    *calls, error = run(STATE, STATE | there, {})
    assert isinstance(error, CallError)
    assert calls[-1] == ("there", "pause", {})
    assert not [it for it in calls if it[0] == "here"]


def test_the_origin_continues_if_a_call_fails() -> None:
    *calls, error = run(STATE, STATE, {"jump": GestureRequired("click"), "pause": NotSupported("")})
    assert isinstance(error, GestureRequired)
    assert calls[-1] == ("there", "pause", {})


def test_not_to_itself() -> None:
    client, callee = Client(BrokerUrl("mqtt", "127.0.0.1", 1)), Topics().player("0" * 32)
    with pytest.raises(InvalidArgument, match="itself"):
        Player(client, callee).move_to(Player(client, callee))
    with pytest.raises(InvalidArgument, match="itself"):
        asyncio.run(AsyncPlayer(client, callee).move_to(AsyncPlayer(client, callee)))


def test_nothing_is_loaded() -> None:
    assert [type(it) for it in run(STATE | {"source": None}, STATE, {})] == [NotSupported]
