"""The blueprint, as an automation on a running Home Assistant."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.homeassistant import python
from tests.homeassistant.instance import Instance
from tests.homeassistant.scripted_player import ScriptedPlayer
from tests.parties import Household
from tests.system import System
from tests.waiting import eventually

CONFIGURATION = """\
input_number:
  level: {min: 0, max: 255, initial: 255}
input_boolean:
  lamp: {initial: true}
template:
  - light:
      - name: Lamp
        state: "{{ is_state('input_boolean.lamp', 'on') }}"
        level: "{{ states('input_number.level') | int }}"
        turn_on:
          - {action: input_boolean.turn_on, target: {entity_id: input_boolean.lamp}}
        turn_off:
          - {action: input_boolean.turn_off, target: {entity_id: input_boolean.lamp}}
        set_level:
          - {action: input_boolean.turn_on, target: {entity_id: input_boolean.lamp}}
          - action: input_number.set_value
            target: {entity_id: input_number.level}
            data: {value: "{{ brightness }}"}
automation:
  - alias: Film
    use_blueprint:
      path: zapette/dim_the_lights.yaml
      input:
        player: media_player.den
        lights: [light.lamp]
        dimmed: 20
        raised: 80
        transition: 0
        only_when_dark: false
"""


def test_dim_the_lights(system: System, tmp_path: Path) -> None:
    household = Household(system)
    given = household.given
    home = Instance(tmp_path / "home", system.household(), CONFIGURATION)
    shutil.copytree(python.ROOT / "blueprints", home.folder / "blueprints")
    home.start()

    def is_lit(percent: int) -> None:
        level = round(255 * percent / 100)
        eventually(
            lambda: home.state("light.lamp")["attributes"].get("brightness") == level,
            f"the lamp is at {percent} %",
        )

    def page() -> ScriptedPlayer:
        return ScriptedPlayer(
            "127.0.0.1", system.mqtt_port, household.id, username=given["username"],
            password=given["password"], name="Den",
        )  # fmt: skip

    try:
        with page() as player:
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
        with page() as back:
            back.change(playing=True)
            eventually(lambda: home.state("media_player.den")["state"] == "playing", "it plays")
            back.change(playing=False, position=30.0)
            eventually(lambda: home.state("media_player.den")["state"] == "paused", "it pauses")
            assert home.state("light.lamp")["state"] == "off"
    finally:
        home.stop()
