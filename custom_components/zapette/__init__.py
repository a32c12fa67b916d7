"""Zapette: a page that plays, as a media player of Home Assistant."""

from typing import Any

import probatio
from homeassistant.components import mqtt
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers import service
from homeassistant.helpers.typing import ConfigType

from .const import CONF_BASE_TOPIC, CONF_PLAYER_ID, CONF_URL, DOMAIN
from .data import ZapetteConfigEntry, ZapetteData
from .media_links import LINKS, MediaLinks
from .media_view import MediaView
from .player import Player

PLATFORMS = [
    Platform.BUTTON,
    Platform.EVENT,
    Platform.MEDIA_PLAYER,
    Platform.NOTIFY,
    Platform.NUMBER,
    Platform.SELECT,
]


CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Serve the media addresses that players have received, and offer the action."""
    links = hass.data[LINKS] = MediaLinks(hass)
    await links.async_load()
    hass.http.register_view(MediaView(hass))
    service.async_register_platform_entity_service(
        hass,
        DOMAIN,
        "move",
        entity_domain=Platform.MEDIA_PLAYER,
        schema={probatio.Required("to"): cv.entity_id},
        func="async_move",
    )
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ZapetteConfigEntry) -> bool:
    """Follow the player of an entry."""
    if not await mqtt.async_wait_for_mqtt_client(hass):
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="mqtt_unavailable")
    player = Player(
        hass,
        f"homeassistant-{entry.entry_id}",
        entry.data[CONF_BASE_TOPIC],
        entry.data[CONF_PLAYER_ID],
        entry.data.get(CONF_URL),
    )
    entry.runtime_data = ZapetteData(player)
    player.on_announced = lambda data: _on_announced(hass, entry, data)
    entry.async_on_unload(player.async_listen(lambda: _follow_name(hass, entry)))
    entry.async_on_unload(player.async_stop)
    await player.async_start()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ZapetteConfigEntry) -> bool:
    """Stop following the player of an entry."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: ZapetteConfigEntry) -> None:
    """Leave nothing behind."""
    ir.async_delete_issue(hass, DOMAIN, forgotten_issue(entry))
    others = (it for it in hass.config_entries.async_entries(DOMAIN) if it is not entry)
    if not any(others) and LINKS in hass.data:
        await hass.data[LINKS].async_remove()


def forgotten_issue(entry: ZapetteConfigEntry) -> str:
    """Return the id of the issue for a forgotten player."""
    return f"forgotten_{entry.entry_id}"


@callback
def _follow_name(hass: HomeAssistant, entry: ZapetteConfigEntry) -> None:
    """Rename entry and device with the player, unless the user named the device."""
    player = entry.runtime_data.player
    # the server numbers the second of two players with one name
    if player.state is not None and not player.is_announced:
        _rename(hass, entry, player.state.name)


@callback
def _rename(hass: HomeAssistant, entry: ZapetteConfigEntry, name: str) -> None:
    if not name or name == entry.title:
        return
    hass.config_entries.async_update_entry(entry, title=name)
    _update_device(hass, entry, name=name)


@callback
def _on_announced(hass: HomeAssistant, entry: ZapetteConfigEntry, data: dict[str, Any]) -> None:
    """Apply an announcement of the player; an empty one means that it is forgotten."""
    if not data:
        ir.async_create_issue(
            hass,
            DOMAIN,
            forgotten_issue(entry),
            data={"entry_id": entry.entry_id, "name": entry.title},
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key="forgotten",
            translation_placeholders={"name": entry.title},
        )
        return
    ir.async_delete_issue(hass, DOMAIN, forgotten_issue(entry))
    name = data.get("name")
    _rename(hass, entry, name if isinstance(name, str) else "")
    player = entry.runtime_data.player
    _update_device(hass, entry, sw_version=player.sw_version, configuration_url=player.url)


@callback
def _update_device(hass: HomeAssistant, entry: ZapetteConfigEntry, **changes: Any) -> None:
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier(
        (DOMAIN, entry.data[CONF_PLAYER_ID]), entry.entry_id
    )
    if device is not None:
        registry.async_update_device(device.id, **changes)
