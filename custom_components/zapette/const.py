"""Names that several modules share."""

from typing import Final

DOMAIN: Final = "zapette"

CONF_ANNOUNCE_VOLUME: Final = "announce_volume"
CONF_BASE_TOPIC: Final = "base_topic"
CONF_PLAYER: Final = "player"
CONF_PLAYER_ID: Final = "player_id"
CONF_URL: Final = "url"
CONF_VOLUME_STEP: Final = "volume_step"

DEFAULT_BASE_TOPIC: Final = "zapette"
DEFAULT_VOLUME_STEP: Final = 5
MANUFACTURER: Final = "Zapette"
MODEL: Final = "Player page"
