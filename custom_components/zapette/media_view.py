"""The web view that redirects players to signed media of Home Assistant."""

import logging
from typing import Final

from aiohttp import web
from homeassistant.components.http import HomeAssistantView
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .media_id import async_address
from .media_links import LINKS, PATH

_LOGGER = logging.getLogger(__name__)
_NOT_KEPT: Final = {"Cache-Control": "no-store"}


class MediaView(HomeAssistantView):
    """Redirects an address to its medium; the key is the only credential."""

    url = PATH + "/{key}/{name}"
    name = "api:zapette:media"
    requires_auth = False
    cors_allowed = True

    def __init__(self, hass: HomeAssistant) -> None:
        """Set it up."""
        self._hass = hass

    async def get(
        self,
        request: web.Request,  # noqa: ARG002
        key: str,
        name: str,  # noqa: ARG002
    ) -> web.Response:
        """Answer a player's request."""
        link = self._hass.data[LINKS].async_find(key)
        if link is None:
            return web.Response(status=404, headers=_NOT_KEPT)
        try:
            address = await async_address(self._hass, link.media, link.entity_id)
        except HomeAssistantError as error:
            _LOGGER.warning("Cannot resolve the medium that a player requests: %s", error)
            return web.Response(status=404, headers=_NOT_KEPT)
        return web.Response(status=302, headers={"Location": address.here, **_NOT_KEPT})

    head = get
