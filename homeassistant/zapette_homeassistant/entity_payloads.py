"""A player in entities of Home Assistant's own MQTT integration, without a media player; no I/O.

Each component has full topics and an availability of its own: a button is available while the
server and the player are online *and* the player can run the button's procedure now.
"""

from __future__ import annotations

import json
from typing import Any, Final

from zapette.protocol.ranges import VOLUME
from zapette.protocol.topics import Callee, Topics

NO_TRACK: Final = "Off"

MOST_TRACKS: Final = 100
"""The most subtitle tracks of a player, whose state may name any number of them."""

# Each button's procedure, name and icon.
_BUTTONS: Final = (
    ("play", "Play", "mdi:play"),
    ("pause", "Pause", "mdi:pause"),
    ("stop", "Stop", "mdi:stop"),
    ("next", "Next", "mdi:skip-next"),
    ("previous", "Previous", "mdi:skip-previous"),
)
# An empty payload (the page has closed) leaves `value_json` undefined: the value is then empty.
_GUARDED: Final = "{% if value_json is defined and value_json is mapping %}%s{% endif %}"
# The state of an enumeration must be one of its options.
_STATE: Final = _GUARDED.replace(
    "%s",
    "{{ 'buffering' if value_json.playing and value_json.buffering"
    " else 'playing' if value_json.playing"
    " else 'paused' if value_json.source and not value_json.ended and value_json.position > 0"
    " else 'idle' }}{% else %}idle",
)


def tracks(value: object) -> tuple[tuple[str, str], ...]:
    """Return label and id of the tracks in a state's ``subtitles``, with no label twice."""
    found = value.get("tracks") if isinstance(value, dict) else None
    labelled: dict[str, str] = {}
    for track in found[:MOST_TRACKS] if isinstance(found, list) else ():
        if not isinstance(track, dict) or not isinstance(track.get("id"), str):
            continue
        label = str(track.get("label") or track.get("language") or track["id"])
        while label in labelled or label == NO_TRACK:
            label += " ·"
        labelled[label] = track["id"]
    return tuple(labelled.items())


def components(
    player_id: str, topics: Topics, pages: str, subtitles: tuple[tuple[str, str], ...]
) -> dict[str, dict[str, Any]]:
    """Return the components of a player's device payload, by their key.

    Args:
        player_id: the prefix of their unique ids.
        topics: the topics of the household.
        pages: the URL of its page, with a trailing slash.
        subtitles: label and id of each subtitle track; without any there is no select.
    """
    player = topics.player(player_id)
    server = topics.server
    made = {name: _button(player, server, name, title, icon) for name, title, icon in _BUTTONS}
    made |= _reports(player, server, pages) | _controls(player, server)
    # A component that says only its platform is removed.
    made["subtitles"] = (
        _subtitles(player, server, subtitles) if subtitles else {"platform": "select"}
    )
    for key, component in made.items():
        if len(component) > 1:
            component["unique_id"] = f"zapette_{player_id}_{key}"
    return made


def _controls(player: Callee, server: Callee) -> dict[str, dict[str, Any]]:
    quietest, loudest = VOLUME
    return {
        "volume": {
            "platform": "number",
            "name": "Volume",
            "icon": "mdi:volume-high",
            "command_topic": player.command("volume"),
            "state_topic": player.state,
            "value_template": _guarded("{{ value_json.volume }}"),
            "min": quietest,
            "max": loudest,
            "step": 1,
            "unit_of_measurement": "%",
            **_available(player, server, "volume"),
        },
        "mute": {
            "platform": "switch",
            "name": "Mute",
            "icon": "mdi:volume-off",
            "command_topic": player.command("mute"),
            "payload_on": "true",
            "payload_off": "false",
            "state_topic": player.state,
            "value_template": _guarded("{{ value_json.muted | tojson }}"),
            "state_on": "true",
            "state_off": "false",
            **_available(player, server, "mute"),
        },
        "message": {
            "platform": "notify",
            "name": "Message",
            "command_topic": player.command("message"),
            "command_template": '{{ {"text": value} | tojson }}',
            **_available(player, server, "message"),
        },
    }


def _button(player: Callee, server: Callee, procedure: str, name: str, icon: str) -> dict[str, Any]:
    return {
        "platform": "button",
        "name": name,
        "icon": icon,
        "command_topic": player.command(procedure),
        "payload_press": "[]",
        **_available(player, server, procedure),
    }


def _reports(player: Callee, server: Callee, pages: str) -> dict[str, dict[str, Any]]:
    online = _available(player, server)
    picture = json.dumps(pages.rstrip("/"))
    return {
        "title": {
            "platform": "sensor",
            "name": "Title",
            "icon": "mdi:movie-open",
            "state_topic": player.state,
            "value_template": _guarded("{{ (value_json.title or '-')[:255] }}"),
            **online,
        },
        "state": {
            "platform": "sensor",
            "name": "State",
            "icon": "mdi:television-play",
            "device_class": "enum",
            "options": ["idle", "playing", "paused", "buffering"],
            "state_topic": player.state,
            "value_template": _STATE,
            **online,
        },
        "poster": {
            "platform": "image",
            "name": "Poster",
            "url_topic": player.state,
            "url_template": "{% set said = value_json if value_json is defined else {} %}"
            "{% set path = said.poster or '/static/icon.svg' %}"
            f"{{{{ path if '://' in path else {picture} ~ path }}}}",
            **online,
        },
        "connected": {
            "platform": "binary_sensor",
            "name": "Connection",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "state_topic": player.availability,
            "payload_on": "online",
            "payload_off": "offline",
            "availability": [{"topic": server.availability}],
        },
        "ended": _event(player, server, "ended", "Ended"),
        "error": _event(player, server, "error", "Error"),
    }


def _event(player: Callee, server: Callee, event: str, name: str) -> dict[str, Any]:
    return {
        "platform": "event",
        "name": name,
        "event_types": [event],
        "state_topic": player.event(event),
        "value_template": _guarded(f"{{{{ dict(value_json, event_type='{event}') | tojson }}}}"),
        **_available(player, server),
    }


def _subtitles(
    player: Callee, server: Callee, subtitles: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    ids = _in_template(dict(subtitles))
    labels = _in_template({track: label for label, track in subtitles})
    return {
        "platform": "select",
        "name": "Subtitles",
        "icon": "mdi:subtitles",
        "options": [NO_TRACK, *(label for label, _ in subtitles)],
        "command_topic": player.command("subtitles"),
        "command_template": f'{{{{ {{"track": {ids}.get(value)}} | tojson }}}}',
        "state_topic": player.state,
        "value_template": _guarded(
            f"{{{{ {labels}.get(value_json.subtitles.active, '{NO_TRACK}') }}}}"
        ),
        **_available(player, server, "subtitles"),
    }


def _guarded(template: str) -> str:
    return _GUARDED.replace("%s", template)


def _in_template(texts: dict[str, str]) -> str:
    # Jinja reads \u and a half of a surrogate pair as a character of its own: escape none
    return json.dumps(texts, ensure_ascii=False)


def _available(player: Callee, server: Callee, procedure: str | None = None) -> dict[str, Any]:
    # only the broker knows when the server is gone: the broker, or a bridge, leaves `offline` there
    sources: list[dict[str, str]] = [
        {"topic": player.availability},
        {"topic": server.availability},
    ]
    if procedure is not None:
        test = f"'{procedure}' in value_json.can"
        sources.append(
            {
                "topic": player.state,
                "value_template": "{{ 'online' if value_json is defined and "
                f"value_json is mapping and {test} else 'offline' }}}}",
            }
        )
    return {"availability": sources, "availability_mode": "all"}
