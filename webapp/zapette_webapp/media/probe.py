"""The content of a medium, from ffprobe."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from zapette.protocol.ranges import LONGEST_TITLE
from zapette_webapp.media import codecs, media_types
from zapette_webapp.media.codecs import Track
from zapette_webapp.media.tools import QUIET, Limits, Tool

LIMITS: Final = Limits(cpu=20, wall=60.0, memory=512 << 20, output=1 << 20)
"""The limits for reading one medium."""

_MOST_TRACKS: Final = 32
_ENTRIES: Final = (
    "format=duration:format_tags=title,artist,album:"
    "stream=codec_type,codec_name,profile,level,width,height,pix_fmt:"
    "stream_tags=language,title:stream_disposition=attached_pic"
)


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


class Prober:
    """Reads media with ffprobe, if it is installed."""

    def __init__(self) -> None:
        self.tool = Tool(["ffprobe", *QUIET], LIMITS)

    @property
    def present(self) -> bool:
        """Whether ffprobe is installed."""
        return self.tool.present

    def stop(self) -> None:
        """End the current run."""
        self.tool.stop()

    def probe(self, file: Path) -> Probe | None:
        """Return the content of `file`; None if ffprobe cannot, or must not, read it."""
        demuxer, container = opened_as(file)
        if demuxer is None:
            return None
        report = self.tool.output(
            *("-f", demuxer, "-print_format", "json", "-show_entries", _ENTRIES, f"file:{file}")
        )
        return read(container, report) if report is not None else None


def opened_as(file: Path) -> tuple[str | None, str]:
    """Return the name of a medium's container for ffmpeg, and its type for browsers.

    The container is None if the medium must not be opened.
    """
    if media_types.demuxer(file.name) is None:
        return None, media_types.container(file.name)
    try:
        with file.open("rb") as stream:
            beginning = stream.read(media_types.BEGINNING)
    except OSError:
        beginning = b""
    real = media_types.real_type(file.name, beginning)
    return media_types.demuxer_of(real), media_types.asked_as(real)


def read(container: str, report: bytes) -> Probe | None:
    """Return the content from ffprobe's `report` on a medium of this type; None if it has none."""
    try:
        content = json.loads(report)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    streams = content.get("streams", [])[:_MOST_TRACKS]
    tracks = [it for it in map(codecs.track, streams) if it is not None]
    if not tracks:
        return None
    # The first video track that is not a cover.
    moving = [it for it in streams if codecs.track(it) and it.get("codec_type") == "video"]
    shape = moving[0] if moving else {}
    form = content.get("format", {})
    tags = {key.lower(): value for key, value in (form.get("tags") or {}).items()}
    return Probe(
        duration=_seconds(form.get("duration")),
        type=codecs.content_type(container, tracks),
        tracks=tracks,
        width=shape.get("width"),
        height=shape.get("height"),
        has_cover=any((it.get("disposition") or {}).get("attached_pic") for it in streams),
        title=_text(tags.get("title")),
        artist=_text(tags.get("artist")),
        album=_text(tags.get("album")),
    )


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return round(seconds, 3) if math.isfinite(seconds) and seconds > 0 else None


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    printable = "".join(it if it.isprintable() else " " for it in value)
    return " ".join(printable.split())[:LONGEST_TITLE] or None
