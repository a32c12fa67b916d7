"""Lasting addresses of Home Assistant's media; each request resolves them again.

Home Assistant signs media addresses for a day, but a player keeps addresses in its queue and shows
them to others. It receives an address with a random key, which redirects to the current address.
"""

import secrets
import time
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

PATH: Final = "/api/zapette/media"

KEEP: Final = 30 * 86400.0
"""How long an address works after a player last had it, in seconds."""

_now = time.time
_HOUR: Final = 3600.0
_SAVE_AFTER: Final = 5.0


@dataclass(frozen=True, slots=True)
class MediaLink:
    """The medium of an address.

    Attributes:
        media: a media source's id, or a path of Home Assistant's own web server.
        entity_id: the media player that plays it.
        seen: when a player last had it, as Unix time.
    """

    media: str
    entity_id: str
    seen: float


class MediaLinks:
    """The addresses of players, kept over restarts."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Set it up; `async_load` loads the addresses."""
        self._store: Store[dict[str, dict[str, Any]]] = Store(
            hass, 1, f"{DOMAIN}.media_links", private=True
        )
        self._links: dict[str, MediaLink] = {}

    async def async_load(self) -> None:
        """Load the addresses."""
        kept = await self._store.async_load() or {}
        self._links = {key: MediaLink(**link) for key, link in kept.items()}

    async def async_remove(self) -> None:
        """Forget all of them, and remove the file."""
        self._links.clear()
        await self._store.async_remove()

    @callback
    def async_path(self, media: str, entity_id: str, name: str) -> str:
        """Return the path of a medium's address, which stays the same.

        Args:
            media: a media source's id, or a path of Home Assistant's own web server.
            entity_id: the media player that plays it.
            name: the last level, by which players recognize streams.
        """
        now = _now()
        self._links = {key: it for key, it in self._links.items() if now - it.seen < KEEP}
        key = next(
            (
                key
                for key, it in self._links.items()
                if (it.media, it.entity_id) == (media, entity_id)
            ),
            None,
        ) or secrets.token_urlsafe(16)
        self._links[key] = MediaLink(media, entity_id, now)
        self._save()
        return f"{PATH}/{key}/{quote(name, safe='')}"

    @callback
    def async_find(self, key: str) -> MediaLink | None:
        """Return the link for a key; None if it is unknown or expired."""
        link = self._links.get(key)
        return link if link is not None and _now() - link.seen < KEEP else None

    @callback
    def async_media(self, source: str | None) -> str | None:
        """Return the medium of a player's source, and extend its life.

        Other sources are returned unchanged.
        """
        _, found, rest = (source or "").partition(f"{PATH}/")
        key = rest.partition("/")[0]
        link = self.async_find(key) if found else None
        if link is None:
            return source
        now = _now()
        if now - link.seen > _HOUR:
            self._links[key] = replace(link, seen=now)
            self._save()
        return link.media

    @callback
    def _save(self) -> None:
        self._store.async_delay_save(
            lambda: {key: asdict(link) for key, link in self._links.items()}, _SAVE_AFTER
        )


LINKS: HassKey[MediaLinks] = HassKey(f"{DOMAIN}_media_links")
