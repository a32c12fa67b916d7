"""Converting media ids of `play_media` to sources that a player can load."""

import logging
import mimetypes
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from homeassistant.components import media_source
from homeassistant.components.media_player import MediaType, async_process_play_media_url
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.network import NoURLAvailableError, get_url

from .const import DOMAIN
from .media_links import LINKS

_LOGGER = logging.getLogger(__name__)

LIBRARY: Final = f"{DOMAIN}://"
"""The prefix of ids of library folders."""

_MEDIA: Final = "media/"
_STREAMS: Final = (".m3u8", ".mpd")


@dataclass(frozen=True, slots=True)
class Medium:
    """A library path or URL, and perhaps a title."""

    source: str
    title: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of `load` and of the queue's procedures."""
        return {"source": self.source} | ({"title": self.title} if self.title else {})


@dataclass(frozen=True, slots=True)
class Address:
    """The current address of a medium.

    Attributes:
        plain: a URL, or a path of Home Assistant's own web server.
        here: the same, signed if necessary.
    """

    plain: str
    here: str

    @property
    def may_end(self) -> bool:
        """Whether it may expire: it is signed, or has a query."""
        return bool(urlsplit(self.here).query)


def is_page(media_id: str, media_type: str) -> bool:
    """Return whether a media id may be the address of a page with a film in it.

    A radio station's address looks like one, but is music.
    """
    if media_type == MediaType.MUSIC or not media_id.startswith(("http://", "https://")):
        return False
    path = urlsplit(media_id).path
    kind, _ = mimetypes.guess_type(path)
    return kind in (None, "text/html") and not path.endswith(_STREAMS)


async def async_resolve(
    hass: HomeAssistant,
    media_id: str,
    entity_id: str,
    extra: dict[str, Any],
    *,
    at_once: bool = False,
) -> Medium:
    """Return the medium for a library path or folder, a URL, or the id of a media source.

    Args:
        hass: Home Assistant.
        media_id: what to play.
        entity_id: the media player.
        extra: extra data; ``title`` is used.
        at_once: whether it is played now and not kept.

    Raises:
        ServiceValidationError: there is no such medium.
        HomeAssistantError: Home Assistant does not know its own address.
    """
    given = extra.get("title")
    title = str(given) if given else None
    if media_id.startswith(LIBRARY):
        return Medium(_MEDIA + media_id.removeprefix(LIBRARY).strip("/"), title)
    is_source = media_source.is_media_source_id(media_id)
    if not is_source and not media_id.startswith(("http://", "https://", "/")):
        return Medium(media_id, title)
    address = await async_address(hass, media_id, entity_id)
    title = title or (_title(media_id) if is_source else None)
    if address.here == address.plain and (not is_source or at_once or not address.may_end):
        return Medium(_absolute(hass, address.here), title)
    name = unquote(urlsplit(address.plain).path.rpartition("/")[2]) or "medium"
    path = hass.data[LINKS].async_path(media_id, entity_id, name)
    return Medium(_absolute(hass, path), title)


async def async_address(hass: HomeAssistant, media_id: str, entity_id: str) -> Address:
    """Return the current address of a media source's medium, or of a path or URL.

    Raises:
        ServiceValidationError: there is none.
    """
    try:
        plain = media_id
        if media_source.is_media_source_id(media_id):
            plain = (await media_source.async_resolve_media(hass, media_id, entity_id)).url
        return Address(plain, async_process_play_media_url(hass, plain, allow_relative_url=True))
    except HomeAssistantError as error:
        raise _unresolvable(media_id, str(error)) from error
    except Exception as error:
        # media sources raise errors of any kind
        _LOGGER.debug("Not resolved", exc_info=True)
        raise _unresolvable(media_id, type(error).__name__) from error


def _unresolvable(media_id: str, message: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="unresolvable",
        translation_placeholders={"media": media_id, "message": message},
    )


def _absolute(hass: HomeAssistant, address: str) -> str:
    if not address.startswith("/"):
        return address
    try:
        return get_url(hass) + address
    except NoURLAvailableError as error:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_own_url") from error


def _title(media_id: str) -> str | None:
    # the name of a local file; speech has a query and no name
    name = media_id.rpartition("/")[2]
    return None if "?" in name or not name else name.rpartition(".")[0] or name
