"""What a stream needs to know of a medium; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zapette_webapp.media.probing.codecs import Track
from zapette_webapp.streams.planning.timeline import Timeline


@dataclass(frozen=True, slots=True)
class ExternalFile:
    """A file with the pictures of subtitles, made from a VobSub next to the film.

    Attributes:
        file: in Matroska; its name is another one for each version of the VobSub.
        size: of the screen on which the pictures have their places, in pixels.
    """

    file: Path
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Subtitle:
    """A subtitle track.

    Attributes:
        index: its number among all streams of the file.
        codec_name: what ffmpeg calls its codec: ``hdmv_pgs_subtitle``.
        is_picture: whether it consists of pictures, and not of text.
        external: the file that it is in, if that is not the film.
    """

    index: int
    codec_name: str
    is_picture: bool
    external: ExternalFile | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """A medium that can be streamed.

    Attributes:
        demuxer: what ffmpeg calls its container.
        duration: in seconds.
        size: of the file, in bytes.
        start: the time of its beginning on its own clock, in seconds.
        picture: the video track; None for music.
        sounds: the audio tracks, in order.
        subtitles: the subtitle tracks, in order.
        cuts: parts that begin at keyframes of the picture; None if no index says where they are,
            or if they are too far apart.
        cut_off: whether the file is not whole.
        begins_within_group: whether its first picture needs a keyframe from before its beginning;
            False if its keyframes are not known.
        begins_late: whether its first picture comes long after its beginning; False if its
            keyframes are not known.
        partial: the numbers, among all streams, of tracks that begin later or end earlier than it.
    """

    demuxer: str
    duration: float
    size: int
    start: float
    picture: Track | None
    sounds: Sequence[Track] = ()
    subtitles: Sequence[Subtitle] = ()
    cuts: Timeline | None = None
    cut_off: bool = False
    begins_within_group: bool = False
    begins_late: bool = False
    partial: frozenset[int] = frozenset()

    @property
    def bitrate(self) -> int:
        """Bits per second on average."""
        return round(self.size * 8 / self.duration)
