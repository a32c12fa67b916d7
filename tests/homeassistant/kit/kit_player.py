"""A player and a server of a household of their own, on the real broker, made by a test."""

import json
from typing import Any

import paho.mqtt.client as paho
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.zapette.const import CONF_BASE_TOPIC, CONF_PLAYER_ID, DOMAIN

from .conftest import Broker, eventually

CAN = ["status", "play", "pause", "stop", "seek", "load", "queue/clear", "volume"]


class KitPlayer:
    """A player that says what a test wants; it answers with its state unless it is `silent`.

    Attributes:
        asked: procedures and parameters, in order, but for `status`.
        probes: how many times it was asked for its status.
        errors: what each procedure named here answers with instead.
        results: the results of procedures named here, in place of the state.
    """

    def __init__(self, broker: Broker, player_id: str) -> None:
        self.base = f"zapette/kit/{player_id[:8]}"
        self.root = f"{self.base}/players/{player_id}"
        self.silent = False
        self.probes = 0
        self.asked: list[tuple[str, Any]] = []
        self.errors: dict[str, dict[str, str]] = {}
        self.results: dict[str, Any] = {}
        self.id = player_id
        self.state: dict[str, Any] = {
            "version": 1, "seq": 0, "name": "Kit", "playing": True, "position": 1.0,
            "duration": 52.2, "volume": 40, "title": "Film", "source": "media/film.webm",
            "can": CAN,
        }  # fmt: skip
        self._broker = broker
        broker.client.on_message = self._on_message
        callees = (self.root, f"{self.base}/server", f"{self.base}/services/+")
        broker.client.subscribe([(f"{callee}/request/#", 1) for callee in callees])

    def server(self, availability: str) -> None:
        self._broker.say(f"{self.base}/server/availability", availability)

    def service(self, name: str, availability: str) -> None:
        self._broker.say(f"{self.base}/services/{name}/availability", availability)

    def player(self, availability: str) -> None:
        self._broker.say(f"{self.root}/availability", availability)

    def change(self, **changes: Any) -> None:
        self.state |= {"seq": self.state["seq"] + 1, **changes}
        self._broker.say(f"{self.root}/state", json.dumps(self.state))

    def all_online(self) -> None:
        self.server("online")
        self.player("online")
        self.change()

    async def added(self, hass: HomeAssistant) -> MockConfigEntry:
        """Have the player added to Home Assistant."""
        entry = self.entry()
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    def entry(self) -> MockConfigEntry:
        """Return an entry for the player."""
        return MockConfigEntry(
            domain=DOMAIN,
            title="Kit",
            unique_id=self.id,
            data={CONF_PLAYER_ID: self.id, CONF_BASE_TOPIC: self.base},
        )

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        if message.retain or "/request/" not in message.topic:
            return
        root, _, rest = message.topic.partition("/request/")
        caller, call, procedure = rest.split("/", 2)
        if procedure == "status":
            self.probes += 1
        else:
            given = json.loads(message.payload) if message.payload else {}
            self.asked.append((procedure, given))
        if self.silent:
            return
        answer: dict[str, Any] = {"result": self.results.get(procedure, self.state)}
        if procedure in self.errors:
            answer = {"error": self.errors[procedure]}
        self._broker.client.publish(f"{root}/response/{caller}/{call}", json.dumps(answer))


async def shows(hass: HomeAssistant, entity: str, state: str) -> None:
    """Wait until an entity is in a state."""

    def look() -> bool:
        found = hass.states.get(entity)
        return found is not None and found.state == state

    await eventually(look, f"{entity} is {state}, not {hass.states.get(entity)}")
