"""The base of all entities of a player."""

from collections.abc import Callable, Iterable
from typing import Any, override

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN, MANUFACTURER, MODEL
from .data import ZapetteConfigEntry
from .errors import CallError
from .player import Player
from .player_state import PlayerState


class ZapetteEntity(Entity):
    """An entity of a player; changes are pushed, not polled."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: ZapetteConfigEntry, key: str) -> None:
        """Set it up.

        Args:
            entry: the player's config entry.
            key: the entity's key, unique within its player.
        """
        self.player: Player = entry.runtime_data.player
        self._entry = entry
        self._attr_translation_key = key
        self._attr_unique_id = f"{self.player.id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, self.player.id)},
            name=entry.title,
            manufacturer=MANUFACTURER,
            model=MODEL,
            sw_version=self.player.sw_version,
            configuration_url=self.player.url,
        )

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self.player.async_listen(self._on_change))
        self._take(self.player.state)

    @property
    @override
    def available(self) -> bool:
        return self.player.is_available

    async def async_ask(self, procedure: str, **parameters: Any) -> PlayerState:
        """Call a procedure of the player.

        Raises:
            HomeAssistantError: the call failed; the message is translated.
        """
        try:
            return await self.player.async_call(procedure, **parameters)
        except CallError as error:
            raise self.translated(error) from error

    def translated(self, error: CallError) -> HomeAssistantError:
        """Return what Home Assistant shows of an error of this player."""
        return error.translated(self._entry.title)

    @callback
    def _take(self, state: PlayerState | None) -> None:
        """Show `state`; None if the player has left."""

    @callback
    def _on_change(self) -> None:
        self._take(self.player.state)
        self.async_write_ha_state()


class ProcedureEntity(ZapetteEntity):
    """An entity for one procedure, available while the player can do it."""

    def __init__(self, entry: ZapetteConfigEntry, key: str, procedure: str) -> None:
        """Set it up; `procedure` is an entry of `can`."""
        super().__init__(entry, key)
        self._procedure = procedure

    @property
    @override
    def available(self) -> bool:
        state = self.player.state
        return super().available and state is not None and self._procedure in state.can


@callback
def async_add_when_possible(
    entry: ZapetteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities: Iterable[tuple[str, Callable[[], ProcedureEntity]]],
) -> None:
    """Add each entity as soon as the player can do its procedure.

    Args:
        entry: the player's config entry.
        async_add_entities: adds entities.
        entities: the procedures, each with a factory.
    """
    missing = list(entities)

    @callback
    def look() -> None:
        state = entry.runtime_data.player.state
        possible = [it for it in missing if state is not None and it[0] in state.can]
        if possible:
            missing[:] = [it for it in missing if it not in possible]
            async_add_entities([make() for _, make in possible])

    entry.async_on_unload(entry.runtime_data.player.async_listen(look))
    look()
