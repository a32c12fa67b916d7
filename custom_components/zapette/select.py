"""Subtitles, audio track and speed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import ZapetteConfigEntry
from .entity import ProcedureEntity, async_add_when_possible
from .player_state import PlayerState, Tracks

PARALLEL_UPDATES = 0

OFF: Final = "off"
SPEEDS: Final = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """The options to select from, what each means to the player, and which one is active."""

    options: dict[str, Any]
    active: Any


@dataclass(frozen=True, kw_only=True)
class ZapetteSelectDescription(SelectEntityDescription):
    """A selection: what it reads from the state, what it calls, and with which parameter."""

    parameter: str
    choice: Callable[[PlayerState], Choice]


def _subtitles(state: PlayerState) -> Choice:
    return Choice({OFF: None} | _options(state.subtitles), state.subtitles.active)


def _audio(state: PlayerState) -> Choice:
    return Choice(_options(state.audio), state.audio.active)


def _options(tracks: Tracks) -> dict[str, Any]:
    return {track.label: track.id for track in tracks.tracks}


def _speed(state: PlayerState) -> Choice:
    speeds = sorted({*SPEEDS, state.rate})
    return Choice({f"{speed:g}x": speed for speed in speeds}, state.rate)


SELECTS: Final = (
    ZapetteSelectDescription(key="subtitles", parameter="track", choice=_subtitles),
    ZapetteSelectDescription(key="audio", parameter="track", choice=_audio),
    ZapetteSelectDescription(key="rate", parameter="factor", choice=_speed),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ZapetteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the selections that the player of an entry supports."""
    async_add_when_possible(
        entry, async_add_entities, [(it.key, partial(ZapetteSelect, entry, it)) for it in SELECTS]
    )


class ZapetteSelect(ProcedureEntity, SelectEntity):
    """Selects one of the player's current options."""

    entity_description: ZapetteSelectDescription

    def __init__(self, entry: ZapetteConfigEntry, description: ZapetteSelectDescription) -> None:
        """Set it up."""
        super().__init__(entry, description.key, description.key)
        self.entity_description = description
        self._choice = Choice({}, None)
        # the options are registered with the entity
        self._take(self.player.state)

    @callback
    @override
    def _take(self, state: PlayerState | None) -> None:
        self._choice = self.entity_description.choice(state or PlayerState())
        options = self._choice.options
        self._attr_options = list(options)
        self._attr_current_option = next(
            (name for name, meant in options.items() if meant == self._choice.active), None
        )

    @override
    async def async_select_option(self, option: str) -> None:
        description = self.entity_description
        meant = self._choice.options[option]
        await self.async_ask(description.key, **{description.parameter: meant})
