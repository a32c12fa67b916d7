"""A lamp of Home Assistant that is only helpers, and the blueprint that dims it for a film."""

from __future__ import annotations

from typing import Final

CONFIGURATION: Final = """\
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
