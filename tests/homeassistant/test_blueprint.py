"""The blueprint, as an automation on a running Home Assistant."""

from __future__ import annotations

from tests.clients.mqtt_clients import Household
from tests.homeassistant.driving.instance import Instance
from tests.homeassistant.driving.scripted_player import of_household
from tests.programs.system import System
from tests.waiting import eventually


def test_dim_the_lights(system: System, home: Instance) -> None:
    household = Household(system)

    def is_lit(percent: int) -> None:
        level = round(255 * percent / 100)
        eventually(
            lambda: home.state("light.lamp")["attributes"].get("brightness") == level,
            f"the lamp is at {percent} %",
        )

    with of_household(household, "Den") as player:
        home.accept("Den")
        eventually(lambda: home.state("media_player.den")["state"] == "idle", "it is there")
        is_lit(100)
        player.change(playing=True)
        is_lit(20)
        player.change(playing=False, position=20.0)
        is_lit(80)
        player.change(playing=True)
        is_lit(20)
    # the player has gone
    is_lit(80)
    # a lamp that is off stays off
    home.do("light.turn_off", "light.lamp")
    eventually(lambda: home.state("light.lamp")["state"] == "off", "the lamp is off")
    with of_household(household, "Den") as back:
        back.change(playing=True)
        eventually(lambda: home.state("media_player.den")["state"] == "playing", "it plays")
        back.change(playing=False, position=30.0)
        eventually(lambda: home.state("media_player.den")["state"] == "paused", "it pauses")
        assert home.state("light.lamp")["state"] == "off"
