"""What `play_media` is asked to play, as a source that a player can load."""

from dataclasses import dataclass
from typing import Any

from homeassistant.components import media_source
from homeassistant.components.media_player import async_process_play_media_url
from homeassistant.components.media_source import Unresolvable
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN


@dataclass(frozen=True, slots=True)
class Medium:
    """A library path or URL, and its title if somebody gave one."""

    source: str
    title: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of `load` and of the queue's procedures."""
        return {"source": self.source} | ({"title": self.title} if self.title else {})


async def async_resolve(
    hass: HomeAssistant, media_id: str, entity_id: str, extra: dict[str, Any]
) -> Medium:
    """Return the medium for a library path, a URL, or the id of a media source.

    Raises:
        ServiceValidationError: the media source does not have it.
        HomeAssistantError: Home Assistant does not know its own address.
    """
    title = extra.get("title")
    title = str(title) if title else None
    if media_source.is_media_source_id(media_id):
        try:
            item = await media_source.async_resolve_media(hass, media_id, entity_id)
        except Unresolvable as error:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="unresolvable",
                translation_placeholders={"media": media_id, "message": str(error)},
            ) from error
        return Medium(_signed(hass, item.url), title or _title(media_id))
    if media_id.startswith(("http://", "https://", "/")):
        return Medium(_signed(hass, media_id), title)
    return Medium(media_id, title)


def _signed(hass: HomeAssistant, url: str) -> str:
    try:
        return async_process_play_media_url(hass, url)
    except HomeAssistantError as error:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_own_url") from error


def _title(media_id: str) -> str | None:
    # of a local file its name, of speech nothing: its id is a query
    name = media_id.rpartition("/")[2]
    return None if "?" in name or not name else name.rpartition(".")[0] or name
