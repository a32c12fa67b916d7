"""Messages on the player's screen."""

from typing import override

from homeassistant.components.notify import NotifyEntity
from homeassistant.components.notify.const import NotifyEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import ZapetteConfigEntry
from .entity import ZapetteEntity

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ZapetteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the messages of an entry."""
    async_add_entities([ZapetteMessage(entry)])


class ZapetteMessage(ZapetteEntity, NotifyEntity):
    """Shows a text on the player's screen."""

    _attr_supported_features = NotifyEntityFeature.TITLE

    def __init__(self, entry: ZapetteConfigEntry) -> None:
        """Set it up."""
        super().__init__(entry, "message")

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        await self.async_ask("message", text=f"{title}\n{message}" if title else message)
