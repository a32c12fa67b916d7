"""Home Assistant on the home's own Mosquitto, to which the players' topics are carried.

Mosquitto's own bridge carries them here, with the topics of docs/home-assistant.md.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.homeassistant import python
from tests.homeassistant.instance import Instance
from tests.homeassistant.scripted_player import ScriptedPlayer
from tests.homeassistant.seen import Seen
from tests.mosquitto import SERVER
from tests.parties import Household
from tests.ports import free_ports
from tests.system import System
from tests.waiting import eventually
from zapette.url import BrokerUrl

DOCUMENT = python.ROOT / "docs" / "home-assistant.md"


@dataclass
class Home:
    """A Mosquitto that bridges to a system as the document says."""

    folder: Path
    system: System

    def __post_init__(self) -> None:
        (self.port,) = free_ports(1)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> BrokerUrl:
        return BrokerUrl("mqtt", "127.0.0.1", self.port)

    def start(self) -> None:
        (bridge,) = re.findall(r"```conf\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
        bridge = bridge.replace("192.168.1.5:1883", f"127.0.0.1:{self.system.mqtt_port}")
        bridge = bridge.replace("PASSWORD", self.system.home_password())
        file = self.folder / "mosquitto.conf"
        # a store, so that what is retained outlives a restart as it does in a home
        file.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {self.folder}/\n{bridge}"
        )
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([SERVER, "-c", str(file)], stdout=log, stderr=log)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


@pytest.fixture
def mosquitto(new_system: Callable[..., System], tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path, new_system(ZAPETTE_HOME_ASSISTANT="both"))
    home.start()
    yield home
    home.stop()


def test_through_mosquitto(mosquitto: Home, new_instance: Callable[..., Instance]) -> None:
    system = mosquitto.system
    household = Household(system)
    given = household.given
    with ScriptedPlayer(
        "127.0.0.1", system.mqtt_port, household.id, username=given["username"],
        password=given["password"], name="Porch",
    ) as player:  # fmt: skip
        home = new_instance(mosquitto.url)
        home.accept("Porch")
        seen = Seen(home, "porch")
        seen.shows("idle")
        seen.do("media_play")
        assert player.last == ("play", {})
        seen.promptly(lambda: seen.state == "playing", "it plays")
        # core entities, as another device
        eventually(lambda: "number.porch_volume" in home.states(), "the core entities", 20)
        home.do("number.set_value", "number.porch_volume", value=12)
        seen.promptly(lambda: seen.attributes["volume_level"] == 0.12, "the volume")
        for restart in (_restart_mosquitto, _restart_broker):
            restart(mosquitto)
            player.change(volume=33)
            eventually(lambda: seen.attributes.get("volume_level") == 0.33, "the state", 60)
            seen.do("volume_set", volume_level=0.5)
            assert player.last == ("volume", {"level": 50})
            eventually(lambda: seen.attributes.get("volume_level") == 0.5, "the volume", 10)
    seen.shows("unavailable", 20)
    body = f'{{"owner_key": "{household.owner_key}"}}'.encode()
    kind = {"Content-Type": "application/json"}
    assert system.ask("DELETE", f"api/players/{household.id}", body, kind).status == 204
    eventually(lambda: "number.porch_volume" not in home.states(), "the core entities go", 20)


def _restart_mosquitto(home: Home) -> None:
    home.stop()
    home.start()


def _restart_broker(home: Home) -> None:
    home.system.kill("broker")
    eventually(lambda: not home.system.is_up(), "the broker is away")
    eventually(home.system.is_up, "the broker is back", timeout=30)
