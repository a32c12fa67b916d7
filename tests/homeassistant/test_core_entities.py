"""Home Assistant without the integration: entities of its own MQTT integration."""

from __future__ import annotations

from collections.abc import Callable

from tests.homeassistant.instance import Instance
from tests.homeassistant.scripted_player import ScriptedPlayer
from tests.parties import Household
from tests.system import System
from tests.waiting import eventually


def test_core_entities(
    new_system: Callable[..., System], new_instance: Callable[..., Instance]
) -> None:
    system = new_system(ZAPETTE_HOME_ASSISTANT="core")
    household = Household(system)
    given = household.given
    player = ScriptedPlayer(
        "127.0.0.1", system.mqtt_port, household.id, username=given["username"],
        password=given["password"], name="Cellar",
    )  # fmt: skip
    with player:
        home = new_instance(system.household())
        eventually(lambda: "sensor.cellar_state" in home.states(), "the entities", timeout=20)
        assert home.offers() == {}

        def shows(entity: str, state: str) -> None:
            eventually(lambda: home.state(entity)["state"] == state, f"{entity} is {state}")

        def asks(procedure: str) -> None:
            eventually(lambda: player.asked and player.asked[-1][0] == procedure, procedure)

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
        if ("ERROR" in line or "WARNING" in line) and "components.mqtt" in line
    ]  # fmt: skip
    assert faults == []
    # its owner makes the server forget it
    body = f'{{"owner_key": "{household.owner_key}"}}'.encode()
    kind = {"Content-Type": "application/json"}
    assert system.ask("DELETE", f"api/players/{household.id}", body, kind).status == 204
    eventually(lambda: not [it for it in home.states() if "cellar" in it], "nothing is left")
