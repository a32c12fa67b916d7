"""The runtime data of a config entry."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry

from .player import Player


@dataclass(frozen=True, slots=True)
class ZapetteData:
    """The player of a config entry."""

    player: Player


type ZapetteConfigEntry = ConfigEntry[ZapetteData]
