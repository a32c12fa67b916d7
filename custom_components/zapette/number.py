"""The delay of subtitles."""

from functools import partial
from typing import Final, override

from homeassistant.components.number import NumberEntity, NumberMode
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import ZapetteConfigEntry
from .entity import ProcedureEntity, async_add_when_possible
from .player_state import PlayerState

PARALLEL_UPDATES = 0

LARGEST_DELAY: Final = 60.0
"""Seconds, in both directions."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ZapetteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the delay as soon as the player of an entry supports it."""
    delay = ("subtitles/delay", partial(SubtitleDelay, entry))
    async_add_when_possible(entry, async_add_entities, [delay])


class SubtitleDelay(ProcedureEntity, NumberEntity):
    """By how much the subtitles of this medium are later; less than 0 is earlier."""

    _attr_entity_category = EntityCategory.CONFIG
    _attr_mode = NumberMode.BOX
    _attr_native_max_value = LARGEST_DELAY
    _attr_native_min_value = -LARGEST_DELAY
    _attr_native_step = 0.1
    _attr_native_unit_of_measurement = UnitOfTime.SECONDS

    def __init__(self, entry: ZapetteConfigEntry) -> None:
        """Set it up."""
        super().__init__(entry, "subtitle_delay", "subtitles/delay")

    @callback
    @override
    def _take(self, state: PlayerState | None) -> None:
        self._attr_native_value = state.subtitles.delay if state else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_ask("subtitles/delay", seconds=value)
