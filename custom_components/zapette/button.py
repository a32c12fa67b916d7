"""Buttons for procedures without a feature of media players."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import ZapetteConfigEntry
from .entity import ProcedureEntity, async_add_when_possible

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ZapetteButtonDescription(ButtonEntityDescription):
    """A button: what it calls, with which parameters."""

    procedure: str
    parameters: dict[str, Any] = field(default_factory=dict)


BUTTONS: Final = (
    ZapetteButtonDescription(key="rewind", procedure="seek/by", parameters={"offset": -10}),
    ZapetteButtonDescription(key="forward", procedure="seek/by", parameters={"offset": 30}),
    ZapetteButtonDescription(key="fullscreen", procedure="fullscreen"),
    ZapetteButtonDescription(key="sleep", procedure="sleep", parameters={"minutes": 30}),
    ZapetteButtonDescription(key="stay_awake", procedure="sleep", parameters={"minutes": 0}),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ZapetteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of an entry, as far as its player can do what they ask for."""
    async_add_when_possible(
        entry,
        async_add_entities,
        [(it.procedure, partial(ZapetteButton, entry, it)) for it in BUTTONS],
    )


class ZapetteButton(ProcedureEntity, ButtonEntity):
    """Calls one procedure."""

    entity_description: ZapetteButtonDescription

    def __init__(self, entry: ZapetteConfigEntry, description: ZapetteButtonDescription) -> None:
        """Set it up."""
        super().__init__(entry, description.key, description.procedure)
        self.entity_description = description

    @override
    async def async_press(self) -> None:
        description = self.entity_description
        await self.async_ask(description.procedure, **description.parameters)
