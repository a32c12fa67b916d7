"""How the tracks of a plan are made from a medium, and what playlists say of them; no I/O."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final

from zapette_webapp.errors import InvalidRequest, NotFound, NotStreamable
from zapette_webapp.media import languages
from zapette_webapp.media.encoders import Encoder
from zapette_webapp.media.probing.codecs import Track
from zapette_webapp.streams.planning import levels, timeline
from zapette_webapp.streams.planning.command import (
    SOUND_BITRATE,
    ConvertedPicture,
    ConvertedSound,
    CopiedPicture,
    CopiedSound,
    Recipe,
)
from zapette_webapp.streams.planning.facts import Facts, Subtitle
from zapette_webapp.streams.planning.plan import Plan
from zapette_webapp.streams.planning.playlists import PictureTrack, SoundTrack
from zapette_webapp.streams.planning.timeline import Timeline
from zapette_webapp.streams.planning.video_filters import Shape

AAC: Final = "mp4a.40.2"

_SOUND_GUESS: Final = 400_000
_PICTURES_IN_MP4: Final = frozenset({"h264", "hevc", "av1", "vp9", "mpeg4"})
_SOUNDS_IN_MP4: Final = frozenset(
    {"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac", "dts", "truehd"}
)


@dataclass(frozen=True, slots=True)
class Means:
    """What conversions are made with.

    Attributes:
        encoder: what makes H.264.
        filters: the filters that ffmpeg has.
        height: the most lines of a converted picture.
    """

    encoder: Encoder
    filters: Container[str]
    height: int


@dataclass(frozen=True, slots=True)
class Recipes:
    """The tracks of a medium by a plan.

    Attributes:
        facts: the medium.
        plan: what is made of it.
        means: what it is made with.
        external: the subtitles next to the film that the plan names.
    """

    facts: Facts
    plan: Plan
    means: Means
    external: Subtitle | None = None

    def picture(self) -> tuple[str, Recipe]:
        """Return how the picture is made, and a name that says it.

        Raises:
            NotFound: there is none.
            InvalidRequest: the plan cannot be carried out with it.
            NotStreamable: its beginning cannot be copied.
        """
        picture = self.facts.picture
        if picture is None or self.plan.video == "none":
            raise NotFound("this stream has no picture")
        if self.plan.video == "copy":
            if picture.codec_name not in _PICTURES_IN_MP4:
                raise InvalidRequest(
                    f"plan: {picture.codec_name} cannot be copied into MP4; use h264"
                )
            if self.facts.begins_within_group:
                # browsers take nothing from before the beginning
                raise NotStreamable(
                    "damaged", "the film begins between two keyframes: it can be converted only"
                )
            if self.facts.begins_late:
                # browsers would take the first picture for the beginning
                raise NotStreamable(
                    "damaged", "the picture begins later than the film: it can be converted only"
                )
            return "video-copy", CopiedPicture(picture, self._cuts())
        shape = self._shape(picture)
        subtitle = self._burnt()
        burn = "" if self.plan.burn is None else f".burn{self.plan.burn}"
        if subtitle is not None and subtitle.external is not None:
            burn = f".{subtitle.external.file.stem}"
        times = timeline.converted_picture(shape.rate, self.facts.duration)
        recipe = ConvertedPicture(
            shape,
            times,
            self.means.encoder,
            subtitle,
            self.means.filters,
            stands_still=not self.facts.cut_off,
        )
        return f"video-h264.{shape.lines}{burn}", recipe

    def sound(self, number: int) -> tuple[str, Recipe]:
        """Return how a sound track is made, and a name that says it.

        Raises:
            NotFound: there is none of this number.
            InvalidRequest: the plan cannot be carried out with it.
        """
        if self.plan.audio == "none" or number >= len(self.facts.sounds):
            raise NotFound(f"this stream has no sound track {number}")
        sound, times = self.facts.sounds[number], timeline.sound(self.facts.duration)
        if self._is_copied(sound):
            if sound.codec_name not in _SOUNDS_IN_MP4:
                raise InvalidRequest(f"plan: {sound.codec_name} cannot be copied into MP4; use aac")
            return f"audio-{number}-copy", CopiedSound(sound, times)
        return f"audio-{number}-aac", ConvertedSound(sound, times)

    def tracks(self) -> tuple[PictureTrack | None, list[SoundTrack]]:
        """Return what the master playlist says; raises what `picture` and `sound` raise."""
        picture = self._picture_track() if self.has_picture else None
        sounds = list(self._sound_tracks())
        if picture is None and not sounds:
            raise NotFound("this stream has neither picture nor sound")
        return picture, sounds

    @property
    def has_picture(self) -> bool:
        """Whether the stream has a picture."""
        return self.facts.picture is not None and self.plan.video != "none"

    @property
    def sounds(self) -> range:
        """The numbers of the sound tracks that the stream has."""
        return range(len(self.facts.sounds) if self.plan.audio != "none" else 0)

    @property
    def is_independent(self) -> bool:
        """Whether each part of the picture begins with a keyframe."""
        return self.plan.video != "copy" or self.facts.cuts is not None

    def _is_copied(self, sound: Track) -> bool:
        # browsers wait where sound is missing: before a late one, after its end or that of a file
        # that is cut off, there is silence
        if self.facts.cut_off or sound.index in self.facts.partial:
            return False
        return self.plan.audio == "copy" or _is_stereo_aac(sound)

    def _cuts(self) -> Timeline:
        return self.facts.cuts or Timeline.equal(timeline.UNINDEXED, self.facts.duration)

    def _shape(self, picture: Track) -> Shape:
        return Shape(picture, min(self.plan.height or self.means.height, self.means.height))

    def _burnt(self) -> Subtitle | None:
        number = self.plan.burn
        if number is None or self.plan.is_external:
            return self.external
        if number >= len(self.facts.subtitles):
            raise NotFound(f"this medium has no subtitle track {number}")
        if not self.facts.subtitles[number].is_picture:
            raise InvalidRequest(
                "plan: only subtitles that are pictures are drawn into the picture"
            )
        return self.facts.subtitles[number]

    def _picture_track(self) -> PictureTrack:
        self.picture()
        picture = self.facts.picture
        if picture is None:
            raise NotFound("this stream has no picture")
        shape = self._shape(picture)
        if self.plan.video == "copy":
            bitrate = picture.bitrate or self.facts.bitrate
            rate = picture.frame_rate or float(shape.rate)
            return PictureTrack(picture.codec, bitrate, picture.shown, rate)
        codec = levels.codec(shape.level)
        return PictureTrack(codec, shape.bitrate, shape.size, float(shape.rate))

    def _sound_tracks(self) -> Iterator[SoundTrack]:
        sounds = self.facts.sounds
        first = next((number for number, it in enumerate(sounds) if it.default), 0)
        for number in self.sounds:
            sound = sounds[number]
            self.sound(number)
            copied = self._is_copied(sound)
            yield SoundTrack(
                number,
                _name(number, sound),
                sound.codec if copied else AAC,
                (sound.bitrate or _SOUND_GUESS) if copied else SOUND_BITRATE,
                (sound.channels or 2) if copied else 2,
                sound.language,
                default=number == first,
            )


def _is_stereo_aac(sound: Track) -> bool:
    """Return whether every browser plays it as it is."""
    return sound.codec_name == "aac" and sound.profile == "LC" and sound.channels in {1, 2}


def _name(number: int, sound: Track) -> str:
    code = languages.code(sound.language) if sound.language else None
    named = languages.own_name(code) if code else sound.language
    return f"{number + 1}: {sound.title or named or sound.codec_name.upper()}"
