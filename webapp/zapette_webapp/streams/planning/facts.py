"""What a stream needs to know of a medium; no I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

# Rates that people film at; a measured average is rounded to the next one.
_RATES: Final = (
    Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30),
    Fraction(48), Fraction(50), Fraction(60000, 1001), Fraction(60),
)  # fmt: skip
_NEAR: Final = Fraction(1, 2000)
_ROUGHLY: Final = Fraction(1, 20)
_USUAL: Final = Fraction(25)
_LEAST: Final = Fraction(20)


@dataclass(frozen=True, slots=True)
class Picture:
    """The video track.

    Attributes:
        index: its number among all streams of the file.
        codec_name: what ffmpeg calls its codec: ``hevc``.
        codec: what a browser calls it (RFC 6381).
        width: in pixels.
        height: in pixels.
        frame_rate: frames per second on average; None if the file does not say.
        interlaced: whether a frame holds two moments.
        hdr: ``pq`` or ``hlg`` for high dynamic range; None for the usual.
        rotation: degrees by which it is turned when it is shown.
        bitrate: bits per second; None if the file does not say.
    """

    index: int
    codec_name: str
    codec: str
    width: int
    height: int
    frame_rate: float | None = None
    interlaced: bool = False
    hdr: str | None = None
    rotation: int = 0
    bitrate: int | None = None

    @property
    def shown(self) -> tuple[int, int]:
        """The width and height as people see it."""
        turned = self.rotation % 180 == 90
        return (self.height, self.width) if turned else (self.width, self.height)

    @property
    def rate(self) -> Fraction:
        """The frames per second of a conversion, one of the usual rates where it is near one."""
        if not self.frame_rate:
            return _USUAL
        given = Fraction(self.frame_rate).limit_denominator(100_000)
        for most in (_NEAR, _ROUGHLY):
            best = min(_RATES, key=lambda it: abs(it - given))
            if abs(best - given) <= most * given:
                return best
        # frames that come at any time need more of them than the average
        given *= max(1, math.ceil(_LEAST / given))
        return min(given.limit_denominator(1001), _RATES[-1])


@dataclass(frozen=True, slots=True)
class Sound:
    """An audio track.

    Attributes:
        index: its number among all streams of the file.
        codec_name: what ffmpeg calls its codec: ``ac3``.
        codec: what a browser calls it (RFC 6381).
        profile: what ffmpeg calls the codec's profile: ``LC``.
        channels: how many; None if the file does not say.
        language: ISO 639 code; None if the file does not say.
        title: what the file calls it.
        default: whether the file wants it to be played first.
        bitrate: bits per second; None if the file does not say.
    """

    index: int
    codec_name: str
    codec: str
    profile: str | None = None
    channels: int | None = None
    language: str | None = None
    title: str | None = None
    default: bool = False
    bitrate: int | None = None

    @property
    def is_stereo_aac(self) -> bool:
        """Whether every browser plays it as it is."""
        return self.codec_name == "aac" and self.profile == "LC" and self.channels in {1, 2}


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
        keyframes: where the picture can be cut, in seconds; None if the file has no index.
        cut_off: whether the file is not whole.
    """

    demuxer: str
    duration: float
    size: int
    start: float
    picture: Picture | None
    sounds: Sequence[Sound] = ()
    subtitles: Sequence[Subtitle] = ()
    keyframes: Sequence[float] | None = None
    cut_off: bool = False

    @property
    def bitrate(self) -> int:
        """Bits per second on average."""
        return round(self.size * 8 / self.duration)
