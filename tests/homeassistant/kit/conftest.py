"""Home Assistant in its own test kit, connected to a real broker that the environment names."""

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
from homeassistant.components.mqtt import is_connected
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from paho.mqtt.enums import CallbackAPIVersion
from pytest_homeassistant_custom_component.common import MockConfigEntry

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

BROKER = urlsplit(os.environ["ZAPETTE_KIT_BROKER"])


@pytest.fixture(autouse=True)
def prepared(enable_custom_integrations: None, socket_enabled: None) -> None:
    """Find the integration, and let it reach the broker."""


@pytest.fixture
def expected_lingering_timers() -> bool:
    """The MQTT client of Home Assistant leaves timers of its own."""
    return True


@pytest.fixture
def expected_lingering_tasks() -> bool:
    return True


@pytest.fixture
def player_id() -> str:
    return secrets.token_hex(16)


class Broker:
    """A member of the household on the real broker."""

    def __init__(self) -> None:
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self.client.username_pw_set(BROKER.username, BROKER.password)
        self.client.connect(str(BROKER.hostname), BROKER.port or 1883)
        self.client.loop_start()
        self.retained: set[str] = set()

    def say(self, topic: str, payload: str, *, retain: bool = True) -> None:
        if retain:
            self.retained.add(topic)
        self.client.publish(topic, payload, 1, retain).wait_for_publish(10)

    def close(self) -> None:
        for topic in self.retained:
            self.say(topic, "", retain=True)
            self.retained = self.retained - {topic}
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def broker() -> Any:
    made = Broker()
    yield made
    made.close()


@pytest.fixture
async def mqtt(
    hass: HomeAssistant, mock_hass_config: None, broker: Broker
) -> AsyncIterator[MockConfigEntry]:
    """Home Assistant's MQTT client, connected with MQTT 5."""
    entry = MockConfigEntry(
        domain="mqtt",
        title="MQTT",
        version=2,
        minor_version=1,
        data={
            "broker": BROKER.hostname,
            "port": BROKER.port,
            "username": BROKER.username,
            "password": BROKER.password,
            "protocol": "5",
        },
        options={"discovery": True, "birth_message": {}, "will_message": {}},
    )
    entry.add_to_hass(hass)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    # the setup waits for the socket only
    await eventually(lambda: is_connected(hass), "it is connected")
    yield entry
    for other in hass.config_entries.async_entries("zapette"):
        await hass.config_entries.async_unload(other.entry_id)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


async def eventually(look: Callable[[], Any], what: str, timeout: float = 30) -> Any:
    """Return the first true answer of `look`, while Home Assistant goes on.

    A look at an item or a key that is not there yet is an answer that is not true yet.
    """
    try:
        async with asyncio.timeout(timeout):
            while True:
                with contextlib.suppress(LookupError):
                    if found := look():
                        return found
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {timeout:g} s: {what}") from None
