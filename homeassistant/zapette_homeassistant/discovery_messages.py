"""The announcements of a player to home-automation systems, as topics and payloads; no I/O.

The payload of ``zapette/discovery/<id>`` is in docs/protocol.md ("Discovery").
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from zapette.protocol.names import plain_name
from zapette.protocol.ranges import LONGEST_NAME
from zapette.protocol.topics import DISCOVERY, Topics, is_player_id
from zapette_homeassistant import entity_payloads

VERSION: Final = 1
_DEVICE: Final = "zapette_"
_UNNAMED: Final = "Zapette"


@dataclass(frozen=True, slots=True)
class Known:
    """A player, as announced.

    Attributes:
        id: the player's id.
        name: its name.
        subtitles: label and id of each subtitle track of the loaded medium.
    """

    id: str
    name: str = _UNNAMED
    subtitles: tuple[tuple[str, str], ...] = ()

    def after(self, state: dict[str, Any]) -> Known:
        """Return the player after it has published `state`."""
        given = state.get("name")
        name = plain_name(given)[:LONGEST_NAME] if isinstance(given, str) else ""
        return replace(
            self,
            name=name or self.name,
            subtitles=entity_payloads.tracks(state.get("subtitles")),
        )


@dataclass(frozen=True, slots=True)
class DiscoveryMessages:
    """Makes the retained messages that announce players.

    Attributes:
        kind: the setting ``home_assistant``: ``integration``, ``core``, ``both`` or ``none``.
        topics: the topics of the household.
        sw_version: the version of Zapette.
    """

    kind: str
    topics: Topics
    sw_version: str

    @property
    def discovery_filter(self) -> str:
        """The topic filter of announcements to the integration."""
        return f"{DISCOVERY}/+"

    @property
    def device_filter(self) -> str:
        """The topic filter of announcements to Home Assistant, which other programs use too."""
        return f"{self.topics.discovery_prefix}/device/+/config"

    @property
    def birth(self) -> str:
        """The topic of Home Assistant's birth message, ``online``."""
        return f"{self.topics.discovery_prefix}/status"

    def topics_of(self, player_id: str) -> tuple[str, str]:
        """Return the topics of a player's announcements."""
        return (
            f"{DISCOVERY}/{player_id}",
            f"{self.topics.discovery_prefix}/device/{_DEVICE}{player_id}/config",
        )

    def player_of(self, topic: str) -> str | None:
        """Return the player that a topic announces; None if it announces something else."""
        name = topic.removeprefix(f"{DISCOVERY}/")
        if name == topic:
            name = topic.removeprefix(f"{self.topics.discovery_prefix}/device/{_DEVICE}")
            name = name.removesuffix("/config")
        return name if is_player_id(name) else None

    def name_in(self, payload: bytes) -> str | None:
        """Return the player's name in an earlier announcement; None if it has none."""
        content = read_object(payload)
        device = content.get("device")
        name = device.get("name") if isinstance(device, dict) else content.get("name")
        return name if isinstance(name, str) and name else None

    def messages(self, known: Known, pages: str) -> dict[str, bytes]:
        """Return the retained messages of a player by topic; an empty payload clears a topic.

        Args:
            known: the player.
            pages: the URL of its page and media, with a trailing slash.
        """
        discovery, device = self.topics_of(known.id)
        return {
            discovery: _json(self._player(known, pages))
            if self.kind in {"integration", "both"}
            else b"",
            device: _json(self._device(known, pages)) if self.kind in {"core", "both"} else b"",
        }

    def _player(self, known: Known, pages: str) -> dict[str, Any]:
        return {
            "version": VERSION,
            "id": known.id,
            "name": known.name,
            "base_topic": self.topics.base,
            "url": pages,
            "sw_version": self.sw_version,
        }

    def _device(self, known: Known, pages: str) -> dict[str, Any]:
        return {
            "device": {
                "identifiers": [_DEVICE + known.id],
                "name": known.name,
                "manufacturer": "Zapette",
                "model": "Player page",
                "sw_version": self.sw_version,
                "configuration_url": pages,
            },
            "origin": {"name": "Zapette", "sw_version": self.sw_version},
            "components": entity_payloads.components(known.id, self.topics, pages, known.subtitles),
        }


def read_object(payload: bytes) -> dict[str, Any]:
    """Return the JSON object in `payload`; an empty one if it holds none."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _json(value: dict[str, Any]) -> bytes:
    # a name or label may hold half of a surrogate pair, which UTF-8 does not have
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
