"""Home Assistant on the home's own Mosquitto, to which the bridge shows the players."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.driving.pages import Pages
from tests.clients.mqtt_clients import Household
from tests.homeassistant.driving.house import PATIENCE, House, set_volume
from tests.homeassistant.driving.instance import Instance
from tests.homeassistant.driving.scripted_player import of_household
from tests.programs.mosquitto import Mosquitto
from tests.programs.system import System
from tests.waiting import SLACK, eventually

# Each order of the three is in it, with few restarts of what takes long.
ORDERS = ("bridge", "broker", "home", "bridge", "broker", "bridge", "home", "broker", "bridge")


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path_factory.mktemp("mosquitto")).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def home(mosquitto: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    running = Instance(tmp_path_factory.mktemp("home"), mosquitto.url).start()
    yield running
    running.stop()


def bridged(folder: Path, mosquitto: Mosquitto, **settings: str) -> System:
    url = f"mqtt://{mosquitto.host}:{mosquitto.port}"
    return System(folder, {"ZAPETTE_BRIDGE_URL": url} | settings).start()


@pytest.fixture(scope="module")
def house(
    mosquitto: Mosquitto, home: Instance, pages: Pages, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    system = bridged(tmp_path_factory.mktemp("system"), mosquitto)
    yield House(system, home, [pages.started(system) for _ in range(4)])
    system.stop()


def test_pilot(house: House) -> None:
    seen, page = house.seen[0], house.pages[0]
    seen.do("media_play")
    page.advances()
    seen.promptly(lambda: seen.state == "playing", "it plays")
    set_volume(house.system, page, 33)
    seen.promptly(lambda: seen.attributes["volume_level"] == 0.33, "the volume")
    seen.do("media_pause")
    assert not page.plays()
    root = house.home.api.ask("media_player/browse_media", entity_id=seen.player)
    assert "media/zapette.webm" in [it["media_content_id"] for it in root["children"]]
    # the others have the same name, and nothing to do with it
    assert all(not other.plays() for other in house.pages[1:])
    for other in house.seen[1:]:
        other.shows("idle")


@pytest.mark.parametrize("part", ["bridge", "broker", "web"])
def test_whoever_stays_dead_takes_the_players_along(house: House, part: str) -> None:
    seen = house.seen[0]
    eventually(lambda: seen.state != "unavailable", "it is there", PATIENCE)
    begun = time.monotonic()
    with house.system.kept_dead(part):
        seen.promptly(lambda: seen.state == "unavailable", "nothing is shown as live")
        assert time.monotonic() - begun < 3 + SLACK
    eventually(lambda: seen.state != "unavailable", "it is back", PATIENCE)
    # it is not only shown: it is there
    house.check()


@pytest.mark.timeout(600)
def test_restarts_in_every_order(house: House, mosquitto: Mosquitto) -> None:
    """Between two restarts another page is loaded again each time, so that it has each place."""
    house.reload(0)
    for count, part in enumerate(ORDERS, 1):
        house.restart(part)
        house.reload(count % 4)
        house.check()
    parts = ("home", "broker", "bridge", "player")
    assert house.orders() == set(itertools.permutations(parts))
    # what it retained is gone, too
    mosquitto.kill()
    mosquitto.start()
    house.check()


def test_core_entities(
    mosquitto: Mosquitto, home: Instance, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Without the integration, from a second household whose topics are named otherwise."""
    system = bridged(
        tmp_path_factory.mktemp("core"), mosquitto,
        ZAPETTE_HOME_ASSISTANT="core", ZAPETTE_BASE_TOPIC="house/tv", ZAPETTE_BRIDGE_PREFIX="loft",
    )  # fmt: skip
    try:
        household = Household(system)
        _see_core_entities(home, household)
        household.forget()
        eventually(lambda: not [it for it in home.states() if "cellar" in it], "nothing is left")
    finally:
        system.stop()


def _see_core_entities(home: Instance, household: Household) -> None:
    def shows(entity: str, state: str) -> None:
        eventually(lambda: home.state(entity)["state"] == state, f"{entity} is {state}")

    def asks(procedure: str) -> None:
        eventually(lambda: player.asked and player.asked[-1][0] == procedure, procedure)

    with of_household(household, "Cellar", base="house/tv") as player:
        eventually(lambda: "sensor.cellar_state" in home.states(), "the entities", timeout=20)
        assert home.offers() == {}
        shows("binary_sensor.cellar_connection", "on")
        shows("sensor.cellar_state", "idle")
        shows("sensor.cellar_title", "Film")
        shows("number.cellar_volume", "40")
        shows("switch.cellar_mute", "off")
        for name in ("play", "pause", "stop", "next", "previous"):
            home.do("button.press", f"button.cellar_{name}")
            asks(name)
        home.do("number.set_value", "number.cellar_volume", value=25)
        asks("volume")
        home.do("switch.turn_on", "switch.cellar_mute")
        asks("mute")
        home.do("notify.send_message", "notify.cellar_message", message='Say "hello"')
        eventually(lambda: player.asked[-1] == ("message", {"text": 'Say "hello"'}), "a message")
        player.happen("ended")
        eventually(
            lambda: home.state("event.cellar_ended")["attributes"].get("event_type") == "ended",
            "the event",
        )
        player.change(
            playing=True, title="Sintel",
            subtitles={"active": "fr", "tracks": [{"id": "fr", "label": "Français"}]},
        )  # fmt: skip
        shows("sensor.cellar_state", "playing")
        shows("sensor.cellar_title", "Sintel")
        shows("select.cellar_subtitles", "Français")
        home.do("select.select_option", "select.cellar_subtitles", option="Off")
        eventually(lambda: player.asked[-1] == ("subtitles", {"track": None}), "no subtitles")
        player.change(can=["status", "play"])
        shows("button.cellar_next", "unavailable")
        assert home.state("button.cellar_play")["state"] != "unavailable"
        with household.system.kept_dead("bridge"):
            for name in ("binary_sensor.cellar_connection", "sensor.cellar_state",
                         "button.cellar_play", "number.cellar_volume"):  # fmt: skip
                shows(name, "unavailable")
        shows("binary_sensor.cellar_connection", "on")
        player.change(name="Loft", subtitles={"active": None, "tracks": []})
        shows("select.cellar_subtitles", "gone")
        eventually(
            lambda: (
                home.state("sensor.cellar_state")["attributes"]["friendly_name"] == "Loft State"
            ),
            "the new name",
        )
    shows("binary_sensor.cellar_connection", "off")
    shows("sensor.cellar_state", "unavailable")
    faults = [
        line for line in home.log.splitlines()
        if ("ERROR" in line or "WARNING" in line) and "components.mqtt" in line and "cellar" in line
    ]  # fmt: skip
    assert faults == []
