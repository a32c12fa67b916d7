"""The arguments with which ffmpeg makes a rendition; no I/O."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zapette_webapp.media.encoders import Encoder
from zapette_webapp.media.probing.codecs import Track
from zapette_webapp.streams.planning import timeline, video_filters
from zapette_webapp.streams.planning.facts import Facts, Subtitle
from zapette_webapp.streams.planning.timeline import FRAME, SAMPLE_RATE, Timeline
from zapette_webapp.streams.planning.video_filters import Shape

MOST_PIXELS: Final = 64 << 20
"""The largest picture that is decoded, in pixels: twice a frame in 8K."""

SOUND_BITRATE: Final = 160_000
"""Of converted sound, in bits per second."""

_EARLIER: Final = 1.0
"""Reading begins so many seconds before a part, to miss nothing of it."""

# Containers without times: ffmpeg finds no place in them, and begins at their beginning.
_WITHOUT_TIMES: Final = frozenset({"h264", "hevc", "aac"})
_LOCAL: Final = ("-protocol_whitelist", "file,pipe")
_QUIET: Final = (
    *("-nostdin", "-v", "error", "-max_alloc", str(512 << 20)),
    *_LOCAL,
)
_ONLY: Final = ("-map_metadata", "-1", "-map_chapters", "-1")
_TIMES: Final = ("-copyts", "-start_at_zero")
_MP4: Final = (*("-avoid_negative_ts", "disabled", "-use_editlist", "0", "-f", "mp4"),)
_SECONDS_OF_SOUND: Final = ("-frag_duration", "1000000")
_PIECES: Final = "+default_base_moof+frag_discont+negative_cts_offsets"


@dataclass(frozen=True, slots=True)
class CopiedPicture:
    """The picture as it is; `before` has arguments before the input."""

    picture: Track
    timeline: Timeline
    before: tuple[str, ...] = ("-noaccurate_seek",)

    def arguments(self, first: int) -> list[str]:
        """Return the arguments between input and output."""
        del first
        tag = ("-tag:v", "hvc1") if self.picture.codec_name == "hevc" else ()
        return [
            *("-map", f"0:{self.picture.index}", "-c:v", "copy", *tag),
            # the frames of a long group are not held back until it ends
            *("-frag_duration", "2000000", "-movflags", f"+frag_keyframe+delay_moov{_PIECES}"),
        ]

    def begins(self, first: int) -> float:
        """Return where reading begins for a part, in seconds."""
        return self.timeline.starts[first] - _EARLIER


@dataclass(frozen=True, slots=True)
class ConvertedPicture:
    """The picture as H.264, which stands still until the end of a film that has more sound."""

    shape: Shape
    timeline: Timeline
    encoder: Encoder
    subtitle: Subtitle | None
    filters: Container[str]
    stands_still: bool = True

    def arguments(self, first: int) -> list[str]:
        """Return the arguments between input and output."""
        end = self.timeline.duration if self.stands_still else None
        graph = video_filters.graph(
            self.shape, self.begins(first), end, self.subtitle, self.filters
        )
        if self.encoder.filters:
            graph = graph.removesuffix("[out]") + f"{self.encoder.filters}[out]"
        frames, most = str(video_filters.frames(self.shape)), self.shape.bitrate
        level = self.encoder.level(self.shape.level)
        return [
            *("-filter_complex", graph, "-map", "[out]", "-c:v", self.encoder.name),
            *(*self.encoder.arguments, "-profile:v", "high", "-level:v", level),
            *("-maxrate", str(most), "-bufsize", str(2 * most)),
            *("-g", frames, "-keyint_min", frames, "-sc_threshold", "0"),
            # a player keeps the first initialization segment; another encoder may make later parts
            *("-bsf:v", "dump_extra"),
            *("-movflags", f"+frag_keyframe+empty_moov{_PIECES}"),
        ]

    def begins(self, first: int) -> float:
        """Return where reading begins for a part, in seconds."""
        return self.timeline.starts[first]

    @property
    def external(self) -> tuple[str, ...]:
        """The arguments for another input than the film."""
        external = self.subtitle.external if self.subtitle is not None else None
        if external is None:
            return ()
        size = "x".join(map(str, external.size))
        return (*_LOCAL, "-canvas_size", size, "-f", "matroska", "-i", f"file:{external.file}")

    @property
    def before(self) -> tuple[str, ...]:
        """Arguments before the input."""
        # the filters begin at the exact time, with the frame that is shown then
        return (
            *("-noaccurate_seek", "-max_pixels", str(MOST_PIXELS), *self._kept),
            *self.encoder.before,
        )

    @property
    def _kept(self) -> tuple[str, ...]:
        """Arguments that keep the filters where the picture changes its size or format.

        If ffmpeg makes them again there, they repeat a frame for all that came before, and drop
        that. The scaler takes any frame; the filters of fields and subtitles do not, and those that
        turn a picture would read beyond a smaller one.
        """
        picture = self.shape.picture
        if picture.interlaced or picture.rotation or self.subtitle is not None:
            return ()
        return (f"-reinit_filter:{picture.index}", "0")


@dataclass(frozen=True, slots=True)
class CopiedSound:
    """A sound track as it is."""

    sound: Track
    timeline: Timeline
    before: tuple[str, ...] = ("-noaccurate_seek",)

    def arguments(self, first: int) -> list[str]:
        """Return the arguments between input and output."""
        del first
        # in streams of a broadcast, AAC has headers that MP4 has not
        bare = ("-bsf:a", "aac_adtstoasc") if self.sound.codec_name == "aac" else ()
        return [
            *("-map", f"0:{self.sound.index}", "-c:a", "copy", *bare, "-strict", "-2"),
            *_SECONDS_OF_SOUND,
            *("-movflags", f"+delay_moov{_PIECES}"),
        ]

    def begins(self, first: int) -> float:
        """Return where reading begins for a part, in seconds."""
        return self.timeline.starts[first] - _EARLIER


@dataclass(frozen=True, slots=True)
class ConvertedSound:
    """A sound track as stereo AAC."""

    sound: Track
    timeline: Timeline
    before: tuple[str, ...] = ()

    def arguments(self, first: int) -> list[str]:
        """Return the arguments between input and output."""
        # two frames earlier, so that the encoder has heard what comes before the part
        sample = max(0, first * timeline.SOUND_FRAMES - 2) * FRAME
        filters = (
            f"aformat=sample_rates={SAMPLE_RATE}:channel_layouts=stereo",
            # ffmpeg makes them again where the channels change: with `first_pts`, they would repeat
            # all that came before, as silence
            "aresample=async=1:min_hard_comp=0.04",
            f"atrim=start_pts={sample}:end={self.timeline.duration:.6f}",
        )
        return [
            *("-map", f"0:{self.sound.index}", "-c:a", "aac", "-b:a", str(SOUND_BITRATE)),
            *("-af", ",".join(filters)),
            *_SECONDS_OF_SOUND,
            *("-movflags", f"+empty_moov{_PIECES}"),
        ]

    def begins(self, first: int) -> float:
        """Return where reading begins for a part, in seconds."""
        return self.timeline.starts[first] - _EARLIER


Recipe = CopiedPicture | ConvertedPicture | CopiedSound | ConvertedSound
"""What ffmpeg makes: one track of a stream."""


def arguments(
    file: Path, facts: Facts, recipe: Recipe, first: int, earlier: float = 0.0
) -> list[str]:
    """Return ffmpeg's arguments for a rendition from one of its parts to the end.

    The result goes to standard output as fragmented MP4, its times counted from the film's
    beginning.

    Args:
        file: the film.
        facts: what is in it.
        recipe: how the rendition is made.
        first: the part.
        earlier: seconds before it at which a keyframe is certain to come.
    """
    begins = max(0.0, recipe.begins(first) - earlier)
    if facts.demuxer in _WITHOUT_TIMES:
        begins = 0.0
    # browsers give up at a frame that is not whole
    whole = ("-fflags", "+discardcorrupt") if facts.cut_off else ()
    place = (*whole, *(("-ss", f"{begins:.6f}") if begins else ()))
    return [
        *(*_QUIET, *_TIMES, *recipe.before, *place, "-f", facts.demuxer, "-i", f"file:{file}"),
        *(recipe.external if isinstance(recipe, ConvertedPicture) else ()),
        *(*_ONLY, *recipe.arguments(first), *_MP4, "pipe:1"),
    ]


def sample(file: Path, facts: Facts, picture: Track, seconds: float) -> list[str]:
    """Return ffmpeg's arguments for the picture of the first seconds, a fragment a group."""
    return [
        *(*_QUIET, *_TIMES, "-t", f"{seconds:.6f}", "-f", facts.demuxer, "-i", f"file:{file}"),
        *(*_ONLY, "-map", f"0:{picture.index}", "-c:v", "copy"),
        *("-movflags", f"+frag_keyframe+delay_moov{_PIECES}", *_MP4, "pipe:1"),
    ]
