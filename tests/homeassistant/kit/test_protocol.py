"""The integration's names and answers, by the vectors that all languages of the project share."""

import asyncio
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.zapette import calls, topics
from custom_components.zapette.calls import Caller
from custom_components.zapette.errors import CallError
from custom_components.zapette.player import Player
from custom_components.zapette.player_state import MOST_TRACKS, PlayerState
from custom_components.zapette.position import Position

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
TOPICS = json.loads((VECTORS / "topics.json").read_text())
RESPONSES = json.loads((VECTORS / "responses.json").read_text())["cases"]


def test_topics() -> None:
    player_id = TOPICS["root"].rpartition("/")[2]
    player = topics.player("zapette", player_id)
    built = TOPICS["build"]
    assert player.root == TOPICS["root"]
    assert player.availability == built["availability"]
    assert player.state == built["state"]
    assert player.request("cli", "1", "status") == built["request cli 1 status"]
    assert player.responses("cli").removesuffix("#") + "1" == built["response cli 1"]
    assert player.events.removesuffix("+") + "play" == built["event play"]


def test_player_ids() -> None:
    assert all(map(topics.is_player_id, TOPICS["player_ids"]["valid"]))
    assert not any(map(topics.is_player_id, TOPICS["player_ids"]["invalid"]))


def test_base_topics() -> None:
    assert all(map(topics.is_base_topic, TOPICS["bases"]["valid"]))
    assert not any(map(topics.is_base_topic, TOPICS["bases"]["invalid"]))


async def test_loading_may_take_longer(hass: HomeAssistant, mqtt: MockConfigEntry) -> None:
    caller = Caller(hass, topics.player("zapette", "0" * 32), "kit")
    stop = await caller.async_start()
    names = [*calls.LOADS, "find"]
    with patch.object(calls, "TIMEOUT", 0.1):
        loads = [asyncio.create_task(caller.async_call(it)) for it in names]
        # its time begins later, and is over
        with pytest.raises(CallError) as late:
            await caller.async_call("status")
    assert late.value.code == "timeout"
    assert [name for name, it in zip(names, loads, strict=True) if it.done()] == []
    stop()
    assert {it.code for it in await asyncio.gather(*loads, return_exceptions=True)} == {"cancelled"}


class Answer:
    """An answer as Home Assistant's MQTT client hands it over."""

    topic = "zapette/server/response/me/1"

    def __init__(self, payload: str) -> None:
        self.payload = payload


@pytest.mark.parametrize("case", RESPONSES, ids=[case["name"] for case in RESPONSES])
async def test_responses(hass: HomeAssistant, case: dict[str, Any]) -> None:
    caller = Caller(hass, topics.server("zapette"), "me")
    future: asyncio.Future[Any] = hass.loop.create_future()
    caller._waiting["1"] = future
    caller._answered(Answer(case["text"]))  # type: ignore[arg-type]
    if "code" not in case:
        assert await future == case["result"]
        return
    with pytest.raises(CallError) as raised:
        await future
    assert raised.value.code == case["code"]
    if "message" in case:
        assert raised.value.message == case["message"]


def test_strange_states() -> None:
    """Anybody who opens the page is a player, and can publish anything."""
    labels = [{"id": str(it), "label": "English"} for it in range(100_000)]
    state = PlayerState.of(
        {"can": 5, "version": math.inf, "position": 10**400, "audio": {"tracks": labels}}
    )
    assert (state.can, state.version, state.position) == (frozenset(), 1, 0.0)
    assert len(state.audio.tracks) == MOST_TRACKS


def test_a_position_that_could_be_foreseen_changes_nothing() -> None:
    begun = dt_util.utcnow()
    later = begun + dt_util.dt.timedelta(seconds=1800)
    playing = PlayerState(source="media/a.webm", playing=True, position=0.0)
    position = Position().after(None, playing, begun)
    after = PlayerState(source="media/a.webm", playing=True, position=1800.4)
    assert position.after(playing, after, later) is position
    jumped = PlayerState(source="media/a.webm", playing=True, position=1700.0)
    assert position.after(playing, jumped, later) == Position(1700.0, later)
    paused = PlayerState(source="media/a.webm", playing=False, position=1800.0)
    assert position.after(playing, paused, later) == Position(1800.0, later)
    other = PlayerState(source="media/b.webm", playing=True, position=1800.0)
    assert position.after(playing, other, later) == Position(1800.0, later)
    # one that was retained is of nobody knows when
    assert position.after(playing, after, None).at is None


async def test_a_hiccup_is_no_change(hass: HomeAssistant) -> None:
    player = Player(hass, "me", "zapette", "0" * 32, None)
    now = dt_util.utcnow()
    playing = PlayerState(source="media/a.webm", playing=True, position=5.0)
    waiting = replace(playing, buffering=True)
    shown: list[bool] = []
    player._take(playing, now)
    player.async_listen(lambda: shown.append(player.state.buffering))
    begun = player.position
    player._take(waiting, now)
    player._take(playing, now)
    async_fire_time_changed(hass, now + dt_util.dt.timedelta(seconds=2))
    await hass.async_block_till_done()
    assert set(shown) == {False}
    assert player.position is begun
    # one that lasts is shown
    player._take(waiting, now)
    assert not player.state.buffering
    async_fire_time_changed(hass, now + dt_util.dt.timedelta(seconds=4))
    await hass.async_block_till_done()
    assert player.state.buffering
    player._take(playing, now)
    assert not player.state.buffering
