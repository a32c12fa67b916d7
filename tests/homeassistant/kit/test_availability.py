"""Available is what can be reached now: player and server are online, and it has said so."""

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.zapette import player as module
from custom_components.zapette.errors import CallError

from .conftest import Broker, eventually
from .kit_player import KitPlayer, shows

ENTITY = "media_player.kit"


@pytest.fixture
def player(broker: Broker, player_id: str) -> KitPlayer:
    return KitPlayer(broker, player_id)


async def test_the_will_of_a_killed_bridge(
    hass: HomeAssistant, mqtt: MockConfigEntry, player: KitPlayer
) -> None:
    """All that a killed bridge leaves behind at home is `offline` of the server."""
    player.all_online()
    entry = await player.added(hass)
    await shows(hass, ENTITY, "playing")
    player.silent = True
    play = hass.async_create_task(hass.services.async_call(
        "media_player", "media_play", {"entity_id": ENTITY}, blocking=True
    ))  # fmt: skip
    await eventually(lambda: player.asked == [("play", {})], "the call is under way")
    player.server("offline")
    with pytest.raises(HomeAssistantError) as refused:
        async with asyncio.timeout(3):
            await play
    assert refused.value.translation_key == "unavailable"
    await shows(hass, ENTITY, "unavailable")
    # a person who asks all the same is answered at once
    for ask in (
        entry.runtime_data.player.async_call("play"),
        entry.runtime_data.player.async_call_server("library"),
    ):
        with pytest.raises(CallError) as failed:
            async with asyncio.timeout(0.5):
                await ask
        assert failed.value.code == "unavailable"
    assert player.asked == [("play", {})]
    # and what is retained counts once the player has answered
    probes = player.probes
    player.server("online")
    await eventually(lambda: player.probes > probes, "it is asked whether that still holds")
    assert hass.states.get(ENTITY).state == "unavailable"
    player.silent = False
    player.player("offline")
    player.player("online")
    await shows(hass, ENTITY, "playing")


async def test_an_answer_that_is_no_state(
    hass: HomeAssistant, mqtt: MockConfigEntry, player: KitPlayer
) -> None:
    """A strange player is asked again later, and not as fast as it answers."""
    player.results["status"] = None
    player.all_online()
    entry = await player.added(hass)
    await eventually(lambda: player.probes > 0, "it is asked")
    for _ in range(20):
        await entry.runtime_data.player._caller.async_call("volume")
    assert player.probes == 1


@pytest.mark.parametrize("missing", ["server", "player", "state", "answer"])
async def test_what_is_retained_is_not_enough(
    hass: HomeAssistant, mqtt: MockConfigEntry, player: KitPlayer, missing: str
) -> None:
    """A power cut: the broker has kept everything, and nobody has left a will."""
    player.all_online()
    player.silent = missing == "answer"
    if missing == "server":
        player.server("")
    elif missing == "player":
        player.player("")
    elif missing == "state":
        player._broker.say(f"{player.root}/state", "")
    with patch.object(module, "AGAIN", 0.05), patch("custom_components.zapette.calls.TIMEOUT", 0.2):
        entry = await player.added(hass)
        zapette = entry.runtime_data.player
        await eventually(lambda: zapette.state is not None or missing == "state", "the state")
        if missing == "answer":
            await eventually(lambda: player.probes > 2, "it is asked again and again")
        await hass.async_block_till_done()
        assert hass.states.get(ENTITY) is None or hass.states.get(ENTITY).state == "unavailable"
        player.silent = False
        if missing != "answer":
            player.all_online()
        await shows(hass, ENTITY, "playing")


async def test_an_error_is_an_answer(
    hass: HomeAssistant, mqtt: MockConfigEntry, player: KitPlayer
) -> None:
    player.errors["status"] = {"code": "no_such_procedure", "message": "status"}
    player.all_online()
    await player.added(hass)
    await shows(hass, ENTITY, "playing")


async def test_unloaded_and_loaded_again(
    hass: HomeAssistant, mqtt: MockConfigEntry, player: KitPlayer
) -> None:
    """Nothing goes on after it: no listener, no task that asks."""
    player.all_online()
    player.silent = True
    entry = await player.added(hass)
    for _ in range(3):
        assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    player.silent = False
    player.change()
    await shows(hass, ENTITY, "playing")
    assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.get(ENTITY) is None
    assert not [it for it in asyncio.all_tasks() if it.get_name() == "zapette status"]


async def test_a_start_that_fails_leaves_nothing(
    hass: HomeAssistant, mqtt: MockConfigEntry, player: KitPlayer
) -> None:
    """Home Assistant refuses a subscription when its MQTT entry is unloaded meanwhile."""
    player.all_online()
    entry = player.entry()
    entry.add_to_hass(hass)
    subscribe, open_topics = module.mqtt.async_subscribe, set()

    async def until_discovery(
        hass: HomeAssistant, topic: str, *arguments: Any, **options: Any
    ) -> Callable[[], None]:
        if topic.startswith(module.topics.DISCOVERY):
            raise HomeAssistantError("MQTT is not enabled")
        unsubscribe = await subscribe(hass, topic, *arguments, **options)
        open_topics.add(topic)

        def end() -> None:
            unsubscribe()
            open_topics.remove(topic)

        return end

    with patch.object(module.mqtt, "async_subscribe", until_discovery):
        assert not await hass.config_entries.async_setup(entry.entry_id)
    assert (entry.state, open_topics) == (ConfigEntryState.SETUP_ERROR, set())
    assert await hass.config_entries.async_reload(entry.entry_id)
    await shows(hass, ENTITY, "playing")
