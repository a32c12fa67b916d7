"""A player as a media player."""

from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.media_player import (
    DATA_COMPONENT,
    BrowseMedia,
    MediaPlayerDeviceClass,
    MediaPlayerEnqueue,
    MediaPlayerEntity,
    MediaPlayerState,
    MediaType,
    RepeatMode,
    SearchMedia,
    SearchMediaQuery,
)
from homeassistant.components.media_player import (
    MediaPlayerEntityFeature as Feature,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import images, move
from .announcement import Announcer
from .const import CONF_VOLUME_STEP, DEFAULT_VOLUME_STEP, DOMAIN
from .data import ZapetteConfigEntry
from .entity import ZapetteEntity
from .errors import CallError
from .media_browser import MediaBrowser
from .media_id import Medium, async_resolve, is_page
from .media_links import LINKS
from .player_state import PlayerState

PARALLEL_UPDATES = 0

# Each feature, and the procedures that a player must have for it.
FEATURES: Final = {
    Feature.TURN_ON: {"play"},
    Feature.TURN_OFF: {"stop"},
    Feature.PLAY: {"play"},
    Feature.PAUSE: {"pause"},
    Feature.STOP: {"stop"},
    Feature.SEEK: {"seek"},
    Feature.VOLUME_SET: {"volume"},
    Feature.VOLUME_STEP: {"volume/up", "volume/down"},
    Feature.VOLUME_MUTE: {"mute"},
    Feature.NEXT_TRACK: {"next"},
    Feature.PREVIOUS_TRACK: {"previous"},
    Feature.PLAY_MEDIA: {"load"},
    Feature.BROWSE_MEDIA: {"load"},
    Feature.SEARCH_MEDIA: {"load"},
    Feature.MEDIA_ANNOUNCE: {"load"},
    Feature.MEDIA_ENQUEUE: {"load", "queue/add", "queue/play_next", "next"},
    Feature.CLEAR_PLAYLIST: {"queue/clear"},
    Feature.REPEAT_SET: {"repeat"},
    Feature.SHUFFLE_SET: {"shuffle"},
}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ZapetteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the media player of an entry."""
    async_add_entities([ZapetteMediaPlayer(hass, entry)])


class ZapetteMediaPlayer(ZapetteEntity, MediaPlayerEntity):
    """A player page; it shows only the state that the page reports."""

    _attr_name = None
    _attr_device_class = MediaPlayerDeviceClass.TV

    def __init__(self, hass: HomeAssistant, entry: ZapetteConfigEntry) -> None:
        """Set it up."""
        super().__init__(entry, "player")
        self._step = int(entry.options.get(CONF_VOLUME_STEP, DEFAULT_VOLUME_STEP))
        self._attr_volume_step = self._step / 100
        self._announcer = Announcer(hass, entry)
        self._browser = MediaBrowser(self.player, self.get_browse_image_url)

    @callback
    @override
    def _take(self, state: PlayerState | None) -> None:
        state = state or PlayerState()
        self._attr_state = _state(state)
        self._attr_supported_features = _features(state)
        self._attr_volume_level = None if state.volume is None else state.volume / 100
        self._attr_is_volume_muted = state.muted
        self._attr_media_title = state.title
        links = self.hass.data[LINKS]
        played = {source: links.async_media(source) for source in state.sources}
        self._attr_media_content_id = played[state.source] if state.source else None
        music = state.is_music
        self._attr_media_content_type = _media_type(state)
        self._attr_media_artist = state.artist
        self._attr_media_album_name = state.album if music else None
        self._attr_media_duration = None if state.duration is None else round(state.duration)
        self._attr_shuffle = state.shuffle if "shuffle" in state.can else None
        self._attr_repeat = RepeatMode(state.repeat) if _repeats(state) else None
        self._attr_media_image_url = images.absolute(state.poster, self.player.url)
        self._attr_media_position, self._attr_media_position_updated_at = self._position(state)

    def _position(self, state: PlayerState) -> tuple[int | None, datetime | None]:
        position = self.player.position
        if state.source is None or position.at is None:
            return None, None
        return round(position.seconds), position.at

    @override
    async def async_turn_on(self) -> None:
        state = self.player.state or PlayerState()
        if state.source is not None:
            await self.async_ask("play")
        elif state.queue.items and "next" in state.can:
            self._check_click(await self.async_ask("next"))
        # otherwise there is nothing to play

    @override
    async def async_turn_off(self) -> None:
        state = await self.async_ask("stop")
        if state.fullscreen and "fullscreen" in state.can:
            await self.async_ask("fullscreen", on=False)

    @override
    async def async_media_play(self) -> None:
        await self.async_ask("play")

    @override
    async def async_media_pause(self) -> None:
        await self.async_ask("pause")

    @override
    async def async_media_play_pause(self) -> None:
        await self.async_ask("toggle")

    @override
    async def async_media_stop(self) -> None:
        await self.async_ask("stop")

    @override
    async def async_media_seek(self, position: float) -> None:
        duration = self.player.state.duration if self.player.state else None
        # a dashboard rounds the duration, perhaps beyond the end
        await self.async_ask(
            "seek", position=position if duration is None else min(position, duration)
        )

    @override
    async def async_media_next_track(self) -> None:
        await self.async_ask("next")

    @override
    async def async_media_previous_track(self) -> None:
        await self.async_ask("previous")

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        await self.async_ask("volume", level=round(volume * 100))

    @override
    async def async_volume_up(self) -> None:
        await self.async_ask("volume/up", step=self._step)

    @override
    async def async_volume_down(self) -> None:
        await self.async_ask("volume/down", step=self._step)

    @override
    async def async_mute_volume(self, mute: bool) -> None:
        await self.async_ask("mute", on=mute)

    @override
    async def async_set_shuffle(self, shuffle: bool) -> None:
        await self.async_ask("shuffle", on=shuffle)

    @override
    async def async_set_repeat(self, repeat: RepeatMode) -> None:
        await self.async_ask("repeat", mode=repeat.value)

    @override
    async def async_clear_playlist(self) -> None:
        await self.async_ask("queue/clear")

    @override
    async def async_play_media(
        self,
        media_type: MediaType | str,
        media_id: str,
        enqueue: MediaPlayerEnqueue | None = None,
        announce: bool | None = None,
        **kwargs: Any,
    ) -> None:
        medium = await async_resolve(
            self.hass, media_id, self.entity_id, kwargs.get("extra") or {}, at_once=bool(announce)
        )
        if announce:
            await self._for_person(self._announcer.async_announce(medium))
            return
        if is_page(media_id, media_type):
            found = await self.player.async_find_film(medium.source)
            medium = medium if found is None else Medium(found[0], medium.title or found[1])
        parameters = medium.parameters
        if enqueue == MediaPlayerEnqueue.ADD:
            await self.async_ask("queue/add", **parameters)
        elif enqueue == MediaPlayerEnqueue.NEXT:
            await self.async_ask("queue/play_next", **parameters)
        elif enqueue == MediaPlayerEnqueue.PLAY and self._has_queue:
            await self.async_ask("queue/play_next", **parameters)
            self._check_click(await self.async_ask("next"))
        else:
            if enqueue == MediaPlayerEnqueue.REPLACE and self._has_queue:
                await self.async_ask("queue/clear")
            self._check_click(await self.async_ask("load", **parameters))

    @override
    async def async_browse_media(
        self,
        media_content_type: MediaType | str | None = None,
        media_content_id: str | None = None,
    ) -> BrowseMedia:
        return await self._browser.async_browse(self.hass, media_content_id)

    @override
    async def async_search_media(self, query: SearchMediaQuery) -> SearchMedia:
        return await self._browser.async_search(query)

    @override
    async def async_get_browse_image(
        self,
        media_content_type: MediaType | str,
        media_content_id: str,
        media_image_id: str | None = None,
    ) -> tuple[bytes | None, str | None]:
        url = images.inside(media_image_id, self.player.url)
        return await self._async_fetch_image(url) if url else (None, None)

    async def async_move(self, to: str) -> None:
        """Let another player continue with what plays here; `to` is its entity id.

        Raises:
            HomeAssistantError: there is no such player, or it cannot; this one continues.
        """
        other = self.hass.data[DATA_COMPONENT].get_entity(to)
        if not isinstance(other, ZapetteMediaPlayer) or other is self:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_another_player",
                translation_placeholders={"entity": to},
            )
        await move.async_move(self, other)

    @property
    def _has_queue(self) -> bool:
        state = self.player.state
        return (
            state is not None
            and {"queue/clear", "queue/play_next"} <= state.can
            and bool(state.queue.items)
        )

    def _check_click(self, state: PlayerState) -> None:
        if state.gesture_required and not state.playing:
            raise self.translated(CallError("gesture_required", ""))

    async def _for_person(self, call: Any) -> None:
        try:
            await call
        except CallError as error:
            raise self.translated(error) from error


def _media_type(state: PlayerState) -> MediaType | None:
    if state.source is None:
        return None
    if state.kind == "image":
        return MediaType.IMAGE
    return MediaType.MUSIC if state.is_music else MediaType.VIDEO


def _state(state: PlayerState) -> MediaPlayerState:
    if state.playing:
        return MediaPlayerState.BUFFERING if state.buffering else MediaPlayerState.PLAYING
    if state.source is None or state.ended or state.position == 0:
        return MediaPlayerState.IDLE
    return MediaPlayerState.PAUSED


def _features(state: PlayerState) -> Feature:
    features = Feature(0)
    for feature, procedures in FEATURES.items():
        if procedures <= state.can:
            features |= feature
    return features


def _repeats(state: PlayerState) -> bool:
    return "repeat" in state.can and state.repeat in list(RepeatMode)
