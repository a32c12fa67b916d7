"""The content of a medium, which a program of its own reads with limits."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from zapette_webapp.media import codecs, contents, media_types
from zapette_webapp.media.codecs import Track
from zapette_webapp.media.contents import Chapter, Font, InsideSubtitle, text
from zapette_webapp.media.tools import Limits, Tool

LIMITS: Final = Limits(cpu=20, wall=60.0, memory=768 << 20, output=1 << 20)
"""The limits for reading one medium."""

_MOST_TRACKS: Final = 32


@dataclass(frozen=True, slots=True)
class Probe:
    """The content of a medium.

    Attributes:
        duration: seconds; None if the file does not say.
        type: its type with codecs, for ``canPlayType``.
        tracks: its video and audio tracks, in order.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        has_cover: whether there is a picture in an audio file.
        title: its title tag.
        artist: its artist tag.
        album: its album tag.
        demuxer: what ffmpeg calls its container (``-f``): ``matroska``.
        start: the time of its beginning, in seconds: streams of a broadcast begin anywhere.
        bitrate: of the whole file, in bits per second; None if the file does not say.
        subtitles: its subtitle tracks, in order.
        fonts: the fonts for them.
        chapters: its chapters, by their starts.
    """

    duration: float | None
    type: str
    tracks: list[Track]
    width: int | None = None
    height: int | None = None
    has_cover: bool = False
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    demuxer: str = ""
    start: float = 0.0
    bitrate: int | None = None
    subtitles: list[InsideSubtitle] = field(default_factory=list)
    fonts: list[Font] = field(default_factory=list)
    chapters: list[Chapter] = field(default_factory=list)

    @property
    def video(self) -> Track | None:
        """The first picture that moves; None in music."""
        return next((it for it in self.tracks if it.kind == "video"), None)

    @property
    def sounds(self) -> list[Track]:
        """The audio tracks, in order."""
        return [it for it in self.tracks if it.kind == "audio"]


class Prober:
    """Reads media, one at a time, in a program of its own (`zapette_webapp.media.inspection`).

    Args:
        name: of its runs in the metrics.
    """

    def __init__(self, name: str = "inspection") -> None:
        command = [sys.executable, "-m", "zapette_webapp.media.inspection"]
        self.tool = Tool(command, LIMITS, name=name)

    def stop(self) -> None:
        """End the current run."""
        self.tool.stop()

    def probe(self, file: Path) -> Probe | None:
        """Return the content of `file`; None if it cannot, or must not, be read."""
        demuxer, container = opened_as(file)
        if demuxer is None or file.stat().st_size == 0:
            return None
        report = self.tool.output(str(file.absolute()), demuxer)
        return read(container, report) if report is not None else None


def opened_as(file: Path) -> tuple[str | None, str]:
    """Return the name of a medium's container for ffmpeg, and its type for browsers.

    The container is None if the medium must not be opened.
    """
    if not media_types.may_open(file.name):
        return None, media_types.container(file.name)
    try:
        with file.open("rb") as stream:
            beginning = stream.read(media_types.BEGINNING)
    except OSError:
        beginning = b""
    real = media_types.real_type(file.name, beginning)
    return media_types.demuxer_of(real), media_types.asked_as(real)


def read(container: str, report: bytes) -> Probe | None:
    """Return the content from the `report` on a medium of this type; None if it has none."""
    try:
        content = json.loads(report)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    streams = content.get("streams", [])
    tracks = [it for it in map(codecs.track, streams) if it is not None][:_MOST_TRACKS]
    if not tracks:
        return None
    # The first video track that is not a cover.
    shape = next((it for it in tracks if it.kind == "video"), None)
    form = content.get("format", {})
    tags = {key.lower(): value for key, value in (form.get("tags") or {}).items()}
    return Probe(
        duration=_seconds(form.get("duration")),
        type=codecs.content_type(container, tracks),
        tracks=tracks,
        width=shape.width if shape else None,
        height=shape.height if shape else None,
        has_cover=any((it.get("disposition") or {}).get("attached_pic") for it in streams),
        title=text(tags.get("title")),
        artist=text(tags.get("artist")),
        album=text(tags.get("album")),
        demuxer=str(form.get("format_name", "")).partition(",")[0],
        start=_start(form.get("start_time")),
        bitrate=form.get("bit_rate"),
        subtitles=contents.subtitles(streams),
        fonts=contents.fonts(streams),
        chapters=contents.chapters(content.get("chapters", [])),
    )


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return round(seconds, 3) if math.isfinite(seconds) and seconds > 0 else None


def _start(value: Any) -> float:
    return round(value, 6) if isinstance(value, float) and math.isfinite(value) else 0.0
