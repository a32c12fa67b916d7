"""Diagnostics without private data: ids, addresses and media are redacted."""

from dataclasses import asdict
from typing import Any, Final

from homeassistant.components import mqtt
from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant

from .const import CONF_PLAYER_ID, CONF_URL
from .data import ZapetteConfigEntry

PRIVATE: Final = {
    CONF_PLAYER_ID, CONF_URL, "name", "title", "source", "poster", "artist", "album", "queue",
    "chapters", "error", "skipped", "unique_id",
}  # fmt: skip


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ZapetteConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of an entry."""
    player = entry.runtime_data.player
    state = asdict(player.state) if player.state else None
    if state is not None:
        state["can"] = sorted(state["can"])
    return {
        "entry": {
            "version": entry.version,
            "data": async_redact_data(dict(entry.data), PRIVATE),
            "options": dict(entry.options),
        },
        "mqtt_connected": mqtt.is_connected(hass),
        "available": player.is_available,
        "sw_version": player.sw_version,
        "position": {"seconds": player.position.seconds, "at": player.position.at},
        "state": async_redact_data(state, PRIVATE) if state else None,
    }
