"""What can be played: the server's library, and Home Assistant's own media sources."""

from typing import TYPE_CHECKING, Any, Final

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

if TYPE_CHECKING:
    from .media_player import ZapetteMediaPlayer

FOLDER: Final = "zapette_folder"
_ROOT: Final = f"{DOMAIN}://"
_MOST_FOLDERS: Final = 200


async def async_browse(
    hass: HomeAssistant, player: ZapetteMediaPlayer, content_id: str | None
) -> BrowseMedia:
    """Return what is below `content_id`; None is the top.

    Raises:
        BrowseError: there is no such folder, or nobody answers.
    """
    if content_id and media_source.is_media_source_id(content_id):
        return await media_source.async_browse_media(hass, content_id, content_filter=_is_playable)
    if content_id and content_id.startswith(_ROOT):
        return await _folder(player, content_id.removeprefix(_ROOT))
    try:
        top = await _folder(player, "")
    except BrowseError:
        # a server without a library: Home Assistant's own sources are still there
        top = _directory("", "", [])
    try:
        sources = await media_source.async_browse_media(hass, None, content_filter=_is_playable)
    except BrowseError:
        return top
    top.children = [
        *(top.children or ()),
        *([sources] if sources.domain else sources.children or ()),
    ]
    return top


async def async_search(player: ZapetteMediaPlayer, query: SearchMediaQuery) -> SearchMedia:
    """Return the media of the library whose title has every word that is asked for.

    Raises:
        SearchError: nobody answers.
    """
    words = query.search_query.casefold().split()
    start = (query.media_content_id or "").removeprefix(_ROOT)
    folders, found = [start], list[BrowseMedia]()
    for path in folders:
        try:
            folder = await _folder(player, path)
        except BrowseError as error:
            raise SearchError(str(error)) from error
        for child in folder.children or ():
            if child.can_expand and len(folders) < _MOST_FOLDERS:
                folders.append(child.media_content_id.removeprefix(_ROOT))
            elif child.can_play and all(word in child.title.casefold() for word in words):
                found.append(child)
    return SearchMedia(result=found)


async def _folder(player: ZapetteMediaPlayer, path: str) -> BrowseMedia:
    try:
        said = await player.player.async_call_server("library", path=path)
    except CallError as error:
        raise BrowseError(
            translation_domain=DOMAIN,
            translation_key="no_library",
            translation_placeholders={"message": error.message},
        ) from error
    items = said.get("items") if isinstance(said, dict) else None
    children = [_item(player, it) for it in items or () if isinstance(it, dict)]
    return _directory(path, str(said.get("title") or path), children)


def _directory(path: str, title: str, children: list[BrowseMedia]) -> BrowseMedia:
    return BrowseMedia(
        media_class=MediaClass.DIRECTORY,
        media_content_id=_ROOT + path,
        media_content_type=FOLDER,
        title=title or "Zapette",
        can_play=False,
        can_expand=True,
        children=children,
        can_search=True,
    )


def _item(player: ZapetteMediaPlayer, said: dict[str, Any]) -> BrowseMedia:
    title = str(said.get("title") or said.get("name") or "")
    if said.get("type") == "folder":
        folder = _directory(str(said.get("path", "")), title, [])
        folder.children = None
        return folder
    source = str(said.get("source", ""))
    is_audio = said.get("type") == "audio"
    kind = MediaType.MUSIC if is_audio else MediaType.VIDEO
    poster = said.get("poster")
    return BrowseMedia(
        media_class=MediaClass.MUSIC if is_audio else MediaClass.VIDEO,
        media_content_id=source,
        media_content_type=kind,
        title=title,
        can_play=True,
        can_expand=False,
        # through Home Assistant, because its page may be https and may come from afar
        thumbnail=player.get_browse_image_url(kind, source, poster) if poster else None,
    )


def _is_playable(item: BrowseMedia) -> bool:
    return item.media_content_type.startswith(("video/", "audio/"))
