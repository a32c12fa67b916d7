"""The player's events, for automations."""

from typing import Any, Final, override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import ZapetteConfigEntry
from .entity import ZapetteEntity

PARALLEL_UPDATES = 0
EVENTS: Final = ("ended", "error")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ZapetteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of an entry."""
    async_add_entities([ZapetteEvent(entry)])


class ZapetteEvent(ZapetteEntity, EventEntity):
    """The end of a medium, and errors."""

    _attr_event_types = list(EVENTS)

    def __init__(self, entry: ZapetteConfigEntry) -> None:
        """Set it up."""
        super().__init__(entry, "playback")

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.player.async_listen_event(self._on_event))

    @callback
    def _on_event(self, name: str, data: dict[str, Any]) -> None:
        if name in EVENTS:
            self._trigger_event(name, data)
            self.async_write_ha_state()
