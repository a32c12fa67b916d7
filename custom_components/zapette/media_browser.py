"""Browsing media: the server's library and Home Assistant's media sources."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.components import media_source
from homeassistant.components.media_player import (
    BrowseError,
    BrowseMedia,
    MediaClass,
    MediaType,
    SearchError,
    SearchMedia,
    SearchMediaQuery,
)
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .errors import CallError
from .media_id import LIBRARY
from .player import Player

FOLDER: Final = "zapette_folder"
_MOST: Final = 2000
PAGE: Final = 500


class MediaBrowser:
    """Browses what a player can play, and searches its server's library."""

    def __init__(self, player: Player, image_url: Callable[[str, str, str], str]) -> None:
        """Take the addresses of pictures from `image_url`: of a media type, an id and a URL."""
        self._player = player
        self._image_url = image_url

    async def async_browse(self, hass: HomeAssistant, content_id: str | None) -> BrowseMedia:
        """Return the media below `content_id`; None is the top.

        Raises:
            BrowseError: the folder is unknown, or the server does not answer.
        """
        if content_id and media_source.is_media_source_id(content_id):
            return await media_source.async_browse_media(
                hass, content_id, content_filter=_is_playable
            )
        if content_id and content_id.startswith(LIBRARY):
            return await self._folder(content_id.removeprefix(LIBRARY))
        try:
            top = await self._folder("")
        except BrowseError:
            # a server without a library: Home Assistant's own sources are still there
            top = _directory("", "Zapette", [])
        try:
            sources = await media_source.async_browse_media(hass, None, content_filter=_is_playable)
        except BrowseError:
            return top
        top.children = [
            *(top.children or ()),
            *([sources] if sources.domain else sources.children or ()),
        ]
        return top

    async def async_search(self, query: SearchMediaQuery) -> SearchMedia:
        """Return the media of the library that contain every word of the query.

        Raises:
            SearchError: the server does not answer.
        """
        path = (query.media_content_id or "").removeprefix(LIBRARY)
        try:
            found = await self._entries(path=path, search=query.search_query)
        except BrowseError as error:
            raise SearchError(str(error)) from error
        return SearchMedia(result=[it for it in found if it.can_play])

    async def _folder(self, path: str) -> BrowseMedia:
        title = path.rpartition("/")[2] or "Zapette"
        return _directory(path, title, await self._entries(path=path))

    async def _entries(self, **asked: str) -> list[BrowseMedia]:
        """Return what the server's procedure `library` answers, page after page."""
        entries: list[BrowseMedia] = []
        while len(entries) < _MOST:
            try:
                data = await self._player.async_call_server(
                    "library", **asked, offset=len(entries), limit=PAGE
                )
            except CallError as error:
                away = error.code in {"unavailable", "timeout"}
                raise BrowseError(
                    translation_domain=DOMAIN,
                    translation_key="no_server" if away else "no_library",
                    translation_placeholders={"message": error.message},
                ) from error
            try:
                page = [self._entry(it) for it in data["entries"]]
                is_all = len(entries) + len(page) >= data["total"]
            except (KeyError, TypeError) as error:
                raise BrowseError(
                    translation_domain=DOMAIN,
                    translation_key="no_library",
                    translation_placeholders={"message": repr(error)},
                ) from error
            entries += page
            if not page or is_all:
                break
        return entries

    def _entry(self, data: dict[str, Any]) -> BrowseMedia:
        path, title = data["path"], data["title"]
        # the signed one: Home Assistant has no account on the server
        image = data.get("picture") or data.get("thumbnail") or data.get("poster")
        is_folder, is_audio = data["kind"] == "folder", data["kind"] == "audio"
        kind = FOLDER if is_folder else MediaType.MUSIC if is_audio else MediaType.VIDEO
        # through Home Assistant, whose page may use https or run remotely
        thumbnail = self._image_url(kind, path or "/", image) if image else None
        if is_folder:
            return _directory(path, title, None, thumbnail)
        return BrowseMedia(
            media_class=MediaClass.MUSIC if is_audio else MediaClass.VIDEO,
            media_content_id=data["source"],
            media_content_type=kind,
            title=title,
            can_play=True,
            can_expand=False,
            thumbnail=thumbnail,
        )


def _directory(
    path: str, title: str, children: list[BrowseMedia] | None, thumbnail: str | None = None
) -> BrowseMedia:
    return BrowseMedia(
        media_class=MediaClass.DIRECTORY,
        media_content_id=LIBRARY + path,
        media_content_type=FOLDER,
        title=title,
        # a folder plays in order; the whole library is not a folder
        can_play=bool(path),
        can_expand=True,
        children=children,
        thumbnail=thumbnail,
        can_search=True,
    )


def _is_playable(item: BrowseMedia) -> bool:
    return item.media_content_type.startswith(("video/", "audio/"))
